package org.ryzanstein.server.cli;

import java.io.PrintStream;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.ryzanstein.loader.format.ModelFile;
import org.ryzanstein.loader.format.ModelInspection;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code inspect}: what is in a model file. */
@Command(
        name = "inspect",
        description = "Shows metadata, tensors, types, sizes and parameters of a model file without loading it.",
        mixinStandardHelpOptions = true)
final class InspectCommand implements Callable<Integer> {
    private final CliEnvironment environment;

    @Option(names = "--json", description = "Prints one JSON object.")
    private boolean json;

    @Option(names = "--hash", description = "Adds the SHA-256 of the weight file, which reads all of it.")
    private boolean hash;

    @Parameters(paramLabel = "MODEL", description = "A GGUF file, or a directory as published on the hub.")
    @SuppressWarnings("NullAway.Init") // Set by picocli.
    private Path model;

    InspectCommand(CliEnvironment environment) {
        this.environment = environment;
    }

    @Override
    public Integer call() {
        ModelInspection inspection;
        try (ModelFile file = ModelFile.open(model)) {
            inspection = ModelInspection.of(file, hash);
        }
        if (json) {
            environment.out().println(inspection.json());
        } else {
            print(inspection, environment.out());
        }
        return ExitCode.DONE;
    }

    private static void print(ModelInspection inspection, PrintStream out) {
        out.println(Text.printable(inspection.source()));
        out.println("  container     " + inspection.container());
        out.println(
                "  architecture  " + Text.printable(inspection.architecture().orElse("(none)")));
        out.println("  parameters    " + inspection.parameters() + " (" + Text.count(inspection.parameters()) + ")");
        out.println("  size          " + inspection.bytes() + " bytes (" + Text.bytes(inspection.bytes()) + ")");
        inspection.sha256().ifPresent(value -> out.println("  sha256        " + value));
        out.println();
        out.println("metadata");
        for (ModelInspection.Field field : inspection.metadata()) {
            out.println("  " + Text.printable(field.key()) + " (" + Text.printable(field.type()) + ") = "
                    + Text.printable(field.value()));
        }
        out.println();
        out.println("types");
        for (ModelInspection.Total total : inspection.totals()) {
            out.println("  %-8s %5d tensors %14d elements %10s"
                    .formatted(total.type(), total.tensors(), total.elements(), Text.bytes(total.bytes())));
        }
        out.println();
        out.println("tensors");
        for (ModelInspection.Tensor tensor : inspection.tensors()) {
            String shape = tensor.shape().stream().map(String::valueOf).collect(Collectors.joining(" x "));
            out.println("  %-48s %-8s %-20s %10s"
                    .formatted(Text.printable(tensor.name()), tensor.type(), shape, Text.bytes(tensor.bytes())));
        }
    }
}
