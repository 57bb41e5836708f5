package org.ryzanstein.server.cli;

import java.nio.file.Path;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;
import org.ryzanstein.loader.engine.Engine;
import org.ryzanstein.loader.engine.EngineOptions;
import org.ryzanstein.loader.engine.ModelDescription;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The options of all commands that run a model. */
final class ModelArguments {
    @Option(
            names = {"-m", "--model"},
            paramLabel = "MODEL",
            description = "A GGUF file, or a directory as published on the hub; the embedded model without it.")
    private @Nullable Path model;

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

    @Spec(Spec.Target.MIXEE)
    @SuppressWarnings("NullAway.Init") // Set by picocli.
    private CommandSpec spec;

    /** What an engine is opened with. */
    EngineOptions options(OptionalInt context) {
        try {
            EngineOptions options = EngineOptions.defaults();
            if (model != null) {
                options = options.withModel(model);
            }
            if (threads != null) {
                options = options.withThreads(threads);
            }
            if (backend != null) {
                options = options.withBackend(backend);
            }
            return context.isPresent() ? options.withContextLength(context.getAsInt()) : options;
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()), e);
        }
    }

    /** Opens an engine, with progress and the backend line on standard error. */
    Engine open(CliEnvironment environment, EngineOptions options) {
        BackendNotice.ofThisProcess(options.backend())
                .ifPresent(notice -> environment.say(
                        environment.coloured(CliEnvironment.Colour.YELLOW, "ryzanstein: ") + Text.printable(notice)));
        long start = System.nanoTime();
        Engine engine;
        try (ProgressBar bar = new ProgressBar(environment)) {
            engine = environment.opener().open(options.withProgress(bar::progress));
        }
        environment.say(
                environment.coloured(CliEnvironment.Colour.DIM, line(engine, (System.nanoTime() - start) / 1e9)));
        return engine;
    }

    private static String line(Engine engine, double seconds) {
        ModelDescription model = engine.model();
        int threads = engine.options().threads();
        return "backend %s, %d %s; model %s (%s parameters, context %d); loaded in %.1f s"
                .formatted(
                        engine.backend(),
                        threads,
                        threads == 1 ? "thread" : "threads",
                        Text.printable(model.name()),
                        Text.count(model.parameters()),
                        model.contextLength(),
                        seconds);
    }
}
