package org.ryzanstein.server.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;
import org.ryzanstein.loader.affinity.Affinity;
import org.ryzanstein.loader.engine.EngineOptions;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The options of one process that computes with a model: which one, on what. */
final class RankArguments {
    @Mixin
    private ModelOption model = new ModelOption();

    @Option(
            names = "--threads",
            paramLabel = "N",
            description = "Compute threads; as many as there are cores without it.")
    private @Nullable Integer threads;

    @Option(
            names = "--backend",
            paramLabel = "NAME",
            description = "The kernel backend to insist on; the best available without it.")
    private @Nullable String backend;

    @Option(
            names = "--affinity",
            paramLabel = "WHAT",
            description = "On several memory nodes, whether each compute thread is bound to the processors of one: auto"
                    + " (where the system allows it, which is so without it), nodes (a warning where not), none.")
    private @Nullable String affinity;

    @Spec(Spec.Target.MIXEE)
    @SuppressWarnings("NullAway.Init") // Set by picocli.
    private CommandSpec spec;

    /** What an engine is opened with. */
    EngineOptions options(OptionalInt context) {
        try {
            EngineOptions options =
                    model.path().map(EngineOptions.defaults()::withModel).orElse(EngineOptions.defaults());
            if (threads != null) {
                options = options.withThreads(threads);
            }
            if (backend != null) {
                options = options.withBackend(backend);
            }
            options = options.withAffinity(affinity == null ? Affinity.ofProcess() : Affinity.of(affinity));
            return context.isPresent() ? options.withContextLength(context.getAsInt()) : options;
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()), e);
        }
    }

    /** Compute threads, if the user says how many. */
    OptionalInt threads() {
        return threads == null ? OptionalInt.empty() : OptionalInt.of(threads);
    }

    /** The same options for another process, but with so many threads. */
    List<String> arguments(int count) {
        List<String> arguments = new ArrayList<>();
        model.path().ifPresent(path -> arguments.addAll(List.of("-m", path.toString())));
        Optional.ofNullable(backend).ifPresent(name -> arguments.addAll(List.of("--backend", name)));
        arguments.addAll(List.of("--threads", Integer.toString(count)));
        Optional.ofNullable(affinity).ifPresent(name -> arguments.addAll(List.of("--affinity", name)));
        return arguments;
    }
}
