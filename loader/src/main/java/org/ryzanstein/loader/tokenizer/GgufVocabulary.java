package org.ryzanstein.loader.tokenizer;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;
import org.ryzanstein.loader.format.GgufWriter;
import org.ryzanstein.loader.format.ModelFormatException;

/**
 * A hub directory's vocabulary under the keys that GGUF has for it. It is read back by the reader of GGUF files, and refused
 * where that would give another tokenizer than the directory has.
 */
public final class GgufVocabulary {
    static final String PREFIX = "tokenizer.ggml.";
    private static final String BOS = PREFIX + "bos_token_id";
    private static final String EOS = PREFIX + "eos_token_id";
    /** Keys for further tokens that end an answer. */
    private static final List<String> MORE_ENDS = List.of(PREFIX + "eot_token_id", PREFIX + "eom_token_id");

    private final Tokenizer hub;
    private final GgufKeys keys;
    private final List<String> notes = new ArrayList<>();

    private GgufVocabulary(Tokenizer hub, GgufKeys keys) {
        this.hub = hub;
        this.keys = keys;
    }

    /**
     * Reads a directory's {@code tokenizer.json}, or else {@code tokenizer.model}, and its companions.
     *
     * @param vocabularySize rows of the model's embedding
     * @throws ModelFormatException naming what cannot be read, or cannot be said in GGUF
     */
    public static GgufVocabulary ofHub(Path directory, int vocabularySize) {
        Tokenizer hub = Tokenizers.fromHub(directory);
        Path json = directory.resolve("tokenizer.json");
        boolean isJson = Files.exists(json);
        String file = (isJson ? json : directory.resolve("tokenizer.model")).toString();
        if (hub.vocabularySize() > vocabularySize) {
            throw ModelFormatException.of(
                    file,
                    isJson ? "model.vocab" : "model.pieces",
                    hub.vocabularySize() + " tokens",
                    "at most the vocabulary of the model, " + vocabularySize);
        }
        GgufVocabulary vocabulary = new GgufVocabulary(hub, new GgufKeys(file));
        TokenTable table = new TokenTable(vocabularySize);
        vocabulary.addTokens(directory, table, isJson);
        vocabulary.addRoles();
        vocabulary.addEnds();
        if (hub instanceof SentencePieceTokenizer) {
            TokenizerComparison comparison = new TokenizerComparison(file, hub, vocabulary.readBack());
            vocabulary.notes.addAll(comparison.differences(table.added()));
        }
        return vocabulary;
    }

    /** Adds the keys to a file. */
    public void addTo(GgufWriter writer) {
        keys.addTo(writer);
    }

    /** What GGUF has no key for. */
    public List<String> notes() {
        return List.copyOf(notes);
    }

    private void addTokens(Path directory, TokenTable table, boolean isJson) {
        if (isJson) {
            TokenizerJson json = TokenizerJson.read(directory.resolve("tokenizer.json"));
            if (json.model().get("byte_fallback").bool(false)) {
                SentencePieceKeys.of(json, keys, table);
            } else {
                ByteLevelKeys.of(json, keys, table, notes);
            }
        } else {
            SentencePieceKeys.of(directory, keys, table);
        }
        List<String> flagged = table.flagged();
        if (!flagged.isEmpty()) {
            notes.add("GGUF has no keys for lstrip, rstrip and single_word of added tokens: "
                    + Messages.quote(flagged.getFirst())
                    + (flagged.size() > 1 ? " and " + (flagged.size() - 1) + " more" : ""));
        }
    }

    /** The tokens with a role, and whether they frame a text. */
    private void addRoles() {
        int[] framed = hub.encode("", new EncodeOptions(true, false));
        OptionalInt bos = hub.bos();
        if (bos.isEmpty() && framed.length > 0 && !hub.eos().equals(OptionalInt.of(framed[0]))) {
            bos = OptionalInt.of(framed[0]); // named nowhere, but put before each text
        }
        boolean addBos = framed.length > 0 && bos.equals(OptionalInt.of(framed[0]));
        boolean addEos =
                framed.length > (addBos ? 1 : 0) && hub.eos().equals(OptionalInt.of(framed[framed.length - 1]));
        if (framed.length != (addBos ? 1 : 0) + (addEos ? 1 : 0)) {
            throw ModelFormatException.of(
                    keys.source(),
                    "post_processor",
                    "the tokens " + Arrays.toString(framed) + " around a text",
                    "at most the beginning-of-text token before it and the end-of-text token behind it");
        }
        bos.ifPresent(id -> keys.with(BOS, id));
        hub.eos().ifPresent(id -> keys.with(EOS, id));
        keys.with(PREFIX + "add_bos_token", addBos).with(PREFIX + "add_eos_token", addEos);
    }

    /** Keys for the tokens that end an answer and that GGUF's readers do not know by their spelling. */
    private void addEnds() {
        Set<Integer> unknown = new TreeSet<>(hub.endOfGeneration());
        unknown.removeAll(readBack().endOfGeneration());
        if (unknown.size() > MORE_ENDS.size()) {
            throw ModelFormatException.of(
                    keys.source(),
                    "eos_token_id",
                    unknown.size() + " tokens with unusual names beside the first",
                    "at most " + MORE_ENDS.size() + ", for which GGUF has keys");
        }
        int next = 0;
        for (int id : unknown) {
            keys.with(MORE_ENDS.get(next++), id);
        }
        Tokenizer written = readBack();
        if (!written.endOfGeneration().equals(hub.endOfGeneration())) {
            throw ModelFormatException.of(
                    keys.source(),
                    "added_tokens",
                    "the ends of generation " + hub.endOfGeneration(),
                    "those that a reader of GGUF finds, " + written.endOfGeneration());
        }
    }

    private Tokenizer readBack() {
        return Tokenizers.fromGguf(keys);
    }
}
