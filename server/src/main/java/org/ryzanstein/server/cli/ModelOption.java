package org.ryzanstein.server.cli;

import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The option that names a model. */
final class ModelOption {
    @Option(
            names = {"-m", "--model"},
            paramLabel = "MODEL",
            description = "A GGUF file, or a directory as published on the hub; the embedded model without it.")
    private @Nullable Path model;

    /** Empty: the embedded model. */
    Optional<Path> path() {
        return Optional.ofNullable(model);
    }
}
