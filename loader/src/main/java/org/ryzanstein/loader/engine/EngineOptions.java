package org.ryzanstein.loader.engine;

import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalInt;
import org.ryzanstein.loader.affinity.Affinity;
import org.ryzanstein.loader.affinity.Topology;
import org.ryzanstein.loader.cluster.ClusterOptions;
import org.ryzanstein.loader.progress.ProgressListener;

/**
 * How to open an engine.
 *
 * @param model a GGUF file or a directory as published on the hub; empty: the embedded model
 * @param backend the kernel backend to insist on; empty: the best available
 * @param threads compute threads
 * @param affinity whether they are bound to memory nodes; empty: as the property {@value Affinity#PROPERTY} says
 * @param maxSequences sequences that are in the step batch at a time; further requests wait in the queue
 * @param maxStepTokens most tokens of one step: the prefill chunk
 * @param contextLength positions of a sequence; empty: the model's own
 * @param cluster the group of ranks to lead; empty: this process alone
 * @param progress told of loading
 */
public record EngineOptions(
        Optional<Path> model,
        Optional<String> backend,
        int threads,
        Optional<Affinity> affinity,
        int maxSequences,
        int maxStepTokens,
        OptionalInt contextLength,
        Optional<ClusterOptions> cluster,
        ProgressListener progress) {
    public static final int DEFAULT_MAX_SEQUENCES = 8;
    public static final int DEFAULT_MAX_STEP_TOKENS = 512;

    public EngineOptions {
        if (threads < 1 || threads > 1024) {
            throw new IllegalArgumentException("threads: found " + threads + ", expected 1 to 1024");
        }
        if (maxSequences < 1 || maxSequences > 4096) {
            throw new IllegalArgumentException("maxSequences: found " + maxSequences + ", expected 1 to 4096");
        }
        if (maxStepTokens < maxSequences || maxStepTokens > 65536) {
            throw new IllegalArgumentException("maxStepTokens: found " + maxStepTokens
                    + ", expected at least maxSequences (" + maxSequences + ") and at most 65536");
        }
        if (contextLength.isPresent() && contextLength.getAsInt() < 1) {
            throw new IllegalArgumentException(
                    "contextLength: found " + contextLength.getAsInt() + ", expected at least 1");
        }
    }

    /** The embedded model on the best backend, with one thread a core. */
    public static EngineOptions defaults() {
        return new EngineOptions(
                Optional.empty(),
                Optional.empty(),
                Topology.usableCores(),
                Optional.empty(),
                DEFAULT_MAX_SEQUENCES,
                DEFAULT_MAX_STEP_TOKENS,
                OptionalInt.empty(),
                Optional.empty(),
                ProgressListener.NONE);
    }

    public EngineOptions withModel(Path path) {
        return new EngineOptions(
                Optional.of(path),
                backend,
                threads,
                affinity,
                maxSequences,
                maxStepTokens,
                contextLength,
                cluster,
                progress);
    }

    public EngineOptions withBackend(String name) {
        return new EngineOptions(
                model,
                Optional.of(name),
                threads,
                affinity,
                maxSequences,
                maxStepTokens,
                contextLength,
                cluster,
                progress);
    }

    public EngineOptions withThreads(int count) {
        return new EngineOptions(
                model, backend, count, affinity, maxSequences, maxStepTokens, contextLength, cluster, progress);
    }

    public EngineOptions withAffinity(Affinity wanted) {
        return new EngineOptions(
                model,
                backend,
                threads,
                Optional.of(wanted),
                maxSequences,
                maxStepTokens,
                contextLength,
                cluster,
                progress);
    }

    public EngineOptions withMaxSequences(int count) {
        return new EngineOptions(
                model, backend, threads, affinity, count, maxStepTokens, contextLength, cluster, progress);
    }

    public EngineOptions withMaxStepTokens(int count) {
        return new EngineOptions(
                model, backend, threads, affinity, maxSequences, count, contextLength, cluster, progress);
    }

    public EngineOptions withContextLength(int positions) {
        return new EngineOptions(
                model,
                backend,
                threads,
                affinity,
                maxSequences,
                maxStepTokens,
                OptionalInt.of(positions),
                cluster,
                progress);
    }

    public EngineOptions withProgress(ProgressListener listener) {
        return new EngineOptions(
                model, backend, threads, affinity, maxSequences, maxStepTokens, contextLength, cluster, listener);
    }

    public EngineOptions withCluster(ClusterOptions options) {
        return new EngineOptions(
                model,
                backend,
                threads,
                affinity,
                maxSequences,
                maxStepTokens,
                contextLength,
                Optional.of(options),
                progress);
    }
}
