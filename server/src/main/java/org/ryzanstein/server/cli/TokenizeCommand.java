package org.ryzanstein.server.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.ryzanstein.loader.engine.EmbeddedModel;
import org.ryzanstein.loader.format.GgufFile;
import org.ryzanstein.loader.tokenizer.EncodeOptions;
import org.ryzanstein.loader.tokenizer.Tokenizer;
import org.ryzanstein.loader.tokenizer.Tokenizers;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code tokenize}: the tokens of a text. */
@Command(name = "tokenize", description = "Shows the tokens of a text.", mixinStandardHelpOptions = true)
final class TokenizeCommand implements Callable<Integer> {
    private final CliEnvironment environment;

    @Option(
            names = {"-m", "--model"},
            paramLabel = "MODEL",
            description =
                    "A GGUF file or a directory with tokenizer.json, weights or not; the embedded model without it.")
    private @Nullable Path model;

    @Option(names = "--json", description = "Prints one JSON object: ids and tokens.")
    private boolean json;

    @Option(names = "--special", description = "Recognises special tokens in the text.")
    private boolean special;

    @Option(names = "--no-bos", description = "Adds no beginning-of-text token.")
    private boolean noBos;

    @Parameters(paramLabel = "TEXT", description = "The text; after -- where it begins with a dash.")
    @SuppressWarnings("NullAway.Init") // Set by picocli.
    private String text;

    TokenizeCommand(CliEnvironment environment) {
        this.environment = environment;
    }

    @Override
    public Integer call() {
        Tokenizer tokenizer = open();
        int[] ids = tokenizer.encode(text, new EncodeOptions(!noBos, special));
        if (json) {
            ObjectNode root = JsonNodeFactory.instance.objectNode();
            ArrayNode idNodes = root.putArray("ids");
            ArrayNode tokenNodes = root.putArray("tokens");
            for (int id : ids) {
                idNodes.add(id);
                tokenNodes.add(tokenizer.token(id));
            }
            environment.out().println(GenerationJson.write(root));
        } else {
            for (int id : ids) {
                environment.out().println(id + "\t" + Text.printable(tokenizer.token(id)));
            }
        }
        return ExitCode.DONE;
    }

    private Tokenizer open() {
        if (model == null) {
            try (EmbeddedModel embedded = EmbeddedModel.extract()) {
                return ofGguf(embedded.path());
            }
        }
        return Files.isDirectory(model) ? Tokenizers.fromHub(model) : ofGguf(model);
    }

    private static Tokenizer ofGguf(Path path) {
        try (GgufFile file = GgufFile.open(path)) {
            return Tokenizers.fromGguf(file.metadata());
        }
    }
}
