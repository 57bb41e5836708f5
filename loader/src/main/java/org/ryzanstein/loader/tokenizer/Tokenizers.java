package org.ryzanstein.loader.tokenizer;

import java.nio.file.Path;
import org.ryzanstein.loader.format.Metadata;

/** Opens the tokenizers of model files; each kind of vocabulary has a reader and an implementation behind this. */
public final class Tokenizers {
    private Tokenizers() {}

    /**
     * The tokenizer of a GGUF file.
     *
     * @throws org.ryzanstein.loader.format.ModelFormatException naming the key, if the vocabulary is missing, damaged, or
     *     of a kind that is not supported
     */
    public static Tokenizer fromGguf(Metadata metadata) {
        return new GgufTokenizerReader(metadata).read();
    }

    /**
     * The tokenizer of a directory as published on the hub: {@code tokenizer.json}, or else {@code tokenizer.model}, and,
     * where they are present, {@code tokenizer_config.json} and {@code generation_config.json} for the tokens with a
     * role.
     *
     * @throws org.ryzanstein.loader.format.ModelFormatException naming the file and field, if the vocabulary is missing,
     *     damaged, or of a kind that is not supported
     */
    public static Tokenizer fromHub(Path directory) {
        return new HubTokenizerReader(directory).read();
    }
}
