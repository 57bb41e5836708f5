package org.ryzanstein.server.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.ryzanstein.loader.format.TensorType;
import org.ryzanstein.loader.synthesize.Shape;
import org.ryzanstein.loader.synthesize.Synthesizer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code synthesize}: a model of a real shape with random weights. */
@Command(
        name = "synthesize",
        description = "Writes a GGUF model of a real shape with random weights, for measuring and testing.",
        mixinStandardHelpOptions = true)
final class SynthesizeCommand implements Callable<Integer> {
    private final CliEnvironment environment;

    @Parameters(paramLabel = "TARGET", description = "The file to write; replaced where it exists.")
    @SuppressWarnings("NullAway.Init") // Set by picocli.
    private Path target;

    @Option(
            names = "--shape",
            paramLabel = "SHAPE",
            required = true,
            completionCandidates = Shapes.class,
            description = "One of ${COMPLETION-CANDIDATES}.")
    @SuppressWarnings("NullAway.Init") // Set by picocli.
    private String shape;

    @Option(
            names = "--type",
            paramLabel = "TYPE",
            required = true,
            description = "Type of the layers' matrices: TQ1_0, TQ2_0, I2_S or F16;"
                    + " of a Llama or Qwen shape also F32, Q8_0, Q4_0, Q4_K or Q6_K.")
    @SuppressWarnings("NullAway.Init") // Set by picocli.
    private String type;

    @Option(
            names = "--head",
            paramLabel = "TYPE",
            description = "Type of embedding and head: F16 (without it), F32, Q8_0 or Q6_K.")
    private String head = "F16";

    @Option(names = "--seed", paramLabel = "S", description = "The same seed gives the same bytes; 0 without it.")
    private long seed;

    @Spec
    @SuppressWarnings("NullAway.Init") // Set by picocli.
    private CommandSpec spec;

    SynthesizeCommand(CliEnvironment environment) {
        this.environment = environment;
    }

    @Override
    public Integer call() throws IOException {
        Shape known = parsed(() -> Shape.of(shape));
        TensorType body = tensorType("--type", type);
        TensorType headType = tensorType("--head", head);
        try (ProgressBar bar = new ProgressBar(environment)) {
            Synthesizer.write(target, known, body, headType, seed, bar::progress);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()), e);
        }
        environment.say("wrote " + target + ", " + Text.bytes(Files.size(target)));
        return ExitCode.DONE;
    }

    private TensorType tensorType(String option, String name) {
        return parsed(() -> {
            try {
                return TensorType.valueOf(name.toUpperCase(Locale.ROOT));
            } catch (IllegalArgumentException e) {
                throw new IllegalArgumentException(option + ": no type \"" + name + "\"", e);
            }
        });
    }

    private <T> T parsed(java.util.function.Supplier<T> reading) {
        try {
            return reading.get();
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()), e);
        }
    }

    /** The shapes there are, for the help text. */
    static final class Shapes implements Iterable<String> {
        private final List<String> names = Shape.names();

        @Override
        public Iterator<String> iterator() {
            return names.iterator();
        }
    }
}
