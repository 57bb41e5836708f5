package org.ryzanstein.loader.engine;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.ryzanstein.api.comm.CommunicatorProvider;
import org.ryzanstein.api.comm.Communicators;
import org.ryzanstein.api.kernel.KernelBackend;
import org.ryzanstein.api.kernel.KernelBackendProvider;
import org.ryzanstein.api.kernel.KernelBackends;
import org.ryzanstein.api.kernel.KvSpec;
import org.ryzanstein.api.kernel.KvType;
import org.ryzanstein.api.kernel.MemoryKind;
import org.ryzanstein.api.provider.ProviderReport;
import org.ryzanstein.api.provider.ProviderUnavailableException;
import org.ryzanstein.api.provider.Selection;
import org.ryzanstein.loader.affinity.Affinity;
import org.ryzanstein.loader.affinity.TeamBinding;
import org.ryzanstein.loader.cluster.ClusterOptions;
import org.ryzanstein.loader.cluster.Worker;
import org.ryzanstein.loader.cluster.WorkerOptions;
import org.ryzanstein.loader.format.GgufModelFile;
import org.ryzanstein.loader.format.HubModelFile;
import org.ryzanstein.loader.format.Hyperparameters;
import org.ryzanstein.loader.format.ModelFile;
import org.ryzanstein.loader.format.ModelFormatException;
import org.ryzanstein.loader.format.TensorInfo;
import org.ryzanstein.loader.model.Architectures;
import org.ryzanstein.loader.model.Model;
import org.ryzanstein.loader.model.ModelLimits;
import org.ryzanstein.loader.parallel.Placement;
import org.ryzanstein.loader.parallel.SpinParkTeam;
import org.ryzanstein.loader.progress.ProgressListener;
import org.ryzanstein.loader.ranks.Cluster;
import org.ryzanstein.loader.ranks.LocalRunner;
import org.ryzanstein.loader.ranks.RankWorker;
import org.ryzanstein.loader.sampling.Sampler;
import org.ryzanstein.loader.tokenizer.Tokenizer;
import org.ryzanstein.loader.tokenizer.Tokenizers;

/** Composes an engine: model file, tokenizer, backend, packed weights, step loop. */
public final class EngineLoader {
    private static final Logger LOG = System.getLogger(EngineLoader.class.getName());
    /** The KV cache may take this share of the heap; a backend with memory of its own is asked in a later version. */
    private static final double KV_SHARE_OF_HEAP = 0.4;
    /** So many rows of all logits can be wanted of one step; a longer evaluation takes more steps. */
    private static final int MIN_OUTPUTS = 32;

    private EngineLoader() {}

    /**
     * Opens an engine.
     *
     * @throws ModelFormatException if the model is refused
     * @throws ProviderUnavailableException if no backend, or not the forced one, is available
     */
    public static Engine open(EngineOptions options) {
        return open(options, KernelBackends.choose(options.backend()));
    }

    /** Opens an engine on a backend that was chosen before. */
    static Engine open(EngineOptions options, Selection<KernelBackendProvider> selection) {
        LOG.log(
                Level.INFO,
                () -> "backends:" + System.lineSeparator() + selection.report().describe());
        EmbeddedModel embedded = options.model().isPresent() ? null : EmbeddedModel.extract();
        Path path = embedded == null ? options.model().orElseThrow() : embedded.path();
        try {
            ModelFile file = ModelFile.open(path);
            try {
                return open(options, file, embedded != null, selection);
            } catch (RuntimeException | Error e) {
                file.close();
                throw e;
            }
        } finally {
            if (embedded != null) {
                embedded.close();
            }
        }
    }

    /** Opens a worker. */
    public static Worker openWorker(WorkerOptions options) {
        if (options.model().isPresent()) {
            return openWorker(options, options.model().get());
        }
        try (EmbeddedModel embedded = EmbeddedModel.extract()) {
            return openWorker(options, embedded.path());
        }
    }

    private static Worker openWorker(WorkerOptions options, Path model) {
        ModelFile file = ModelFile.open(model);
        try {
            return new RankWorker(options, file);
        } catch (RuntimeException | Error e) {
            file.close();
            throw e;
        }
    }

    private static Engine open(
            EngineOptions options, ModelFile file, boolean embedded, Selection<KernelBackendProvider> selection) {
        Architectures.check(file);
        Hyperparameters shape = file.hyperparameters();
        ModelLimits limits = limits(options, shape, file.source());
        // Reading text files keeps one processor busy at most: weights are packed meanwhile.
        Background<Tokenizer> tokenizer = Background.start("ryzanstein-tokenizer", () -> {
            warnOfSmallCache(options, shape, limits);
            Tokenizer read = tokenizerOf(file, shape);
            TemplateCheck.check(file);
            return read;
        });
        try {
            if (options.cluster().isEmpty()) {
                return alone(options, file, embedded, shape, tokenizer, limits, selection);
            }
            // Other ranks shall not be waited for in vain.
            Tokenizer read = tokenizer.await();
            return lead(options, options.cluster().get(), file, embedded, shape, read, limits, selection);
        } catch (RuntimeException | Error e) {
            // Nothing is closed while it is read; and of two failures always the same is reported.
            tokenizer.await();
            throw e;
        }
    }

    private static Engine alone(
            EngineOptions options,
            ModelFile file,
            boolean embedded,
            Hyperparameters shape,
            Background<Tokenizer> tokenizer,
            ModelLimits limits,
            Selection<KernelBackendProvider> selection) {
        SpinParkTeam team = team(options, options.threads());
        KernelBackend backend = null;
        try {
            backend = selection.provider().open(team);
            Model model;
            try (TeamBinding.Bound _ = team.bindCallerWhile()) {
                model = load(options, file, shape, backend, limits, tokenizer);
            }
            return new LocalEngine(
                    describe(file, embedded, shape, limits, model),
                    tokenizer.await(),
                    options,
                    List.of(selection.report(), communicators(backend)),
                    backend.name(),
                    model,
                    new LocalRunner(backend, model, limits),
                    team,
                    file::change,
                    limits,
                    List.of(backend, team, file));
        } catch (RuntimeException | Error e) {
            if (backend != null) {
                backend.close();
            }
            team.close();
            throw e;
        }
    }

    private static Engine lead(
            EngineOptions options,
            ClusterOptions cluster,
            ModelFile file,
            boolean embedded,
            Hyperparameters shape,
            Tokenizer tokenizer,
            ModelLimits limits,
            Selection<KernelBackendProvider> selection) {
        // All kernel backends that there are compute in the host's memory.
        Selection<CommunicatorProvider> communicators =
                Communicators.choose(MemoryKind.HOST, cluster.ranks(), Optional.empty());
        SpinParkTeam team = team(options, cluster.localThreads());
        AtomicReference<Runnable> wake = new AtomicReference<>(() -> {});
        try {
            Cluster leading = Cluster.lead(
                    cluster,
                    file,
                    shape,
                    limits,
                    options.maxSequences(),
                    selection.provider(),
                    communicators.provider(),
                    team,
                    options.progress(),
                    () -> wake.get().run());
            LocalEngine engine = new LocalEngine(
                    describe(file, embedded, shape, limits, leading.model()),
                    tokenizer,
                    options,
                    List.of(selection.report(), communicators.report()),
                    selection.provider().name(),
                    leading.model(),
                    leading.runner(),
                    team,
                    file::change,
                    limits,
                    List.of(leading, team, file));
            wake.set(engine::wake);
            engine.wake();
            return engine;
        } catch (RuntimeException | Error e) {
            team.close();
            throw e;
        }
    }

    /** The team of this process, the first of those that this machine computes with. */
    private static SpinParkTeam team(EngineOptions options, int machineThreads) {
        TeamBinding binding = TeamBinding.plan(
                options.affinity().orElseGet(Affinity::ofProcess), options.threads(), 0, machineThreads);
        LOG.log(Level.INFO, "compute threads: {0}, {1}", options.threads(), binding.describe());
        return new SpinParkTeam(options.threads(), machineThreads, binding);
    }

    private static Model load(
            EngineOptions options,
            ModelFile file,
            Hyperparameters shape,
            KernelBackend backend,
            ModelLimits limits,
            Background<?> beside) {
        long total = parameters(file);
        ProgressListener progress = options.progress();
        progress.progress("packing weights", 0, total);
        Model model = Architectures.load(
                file, shape, Placement.alone(Architectures.sizes(shape)), backend, limits, packed -> {
                    beside.throwFailure();
                    progress.progress("packing weights", Math.min(packed, total - 1), total);
                });
        progress.progress("packing weights", total, total);
        return model;
    }

    private static ProviderReport communicators(KernelBackend backend) {
        try {
            return Communicators.choose(backend.memoryKind(), 1, Optional.empty())
                    .report();
        } catch (ProviderUnavailableException e) {
            // One rank needs no communicator; the report still says why there is none.
            return e.report();
        }
    }

    private static ModelLimits limits(EngineOptions options, Hyperparameters shape, String source) {
        int context = options.contextLength().orElse(shape.contextLength());
        if (context > shape.contextLength()) {
            throw ModelFormatException.of(
                    source,
                    "context length",
                    Integer.toString(shape.contextLength()),
                    "at least the " + context + " that were asked for");
        }
        long blockBytes = new KvSpec(
                        shape.layers(),
                        shape.kvHeads(),
                        shape.headDim(),
                        1,
                        ModelLimits.BLOCK_POSITIONS,
                        KvType.FLOAT32)
                .bytes();
        long room = (long) (Runtime.getRuntime().maxMemory() * KV_SHARE_OF_HEAP);
        long affordable = room / blockBytes;
        if (affordable < 1) {
            throw ModelFormatException.of(
                    source,
                    "layers and KV heads",
                    "a KV cache of " + blockBytes + " bytes for " + ModelLimits.BLOCK_POSITIONS + " positions",
                    "at most " + room + ", a share of the heap; give the JVM a larger one (-Xmx)");
        }
        int blocks = (int) Math.min(wantedBlocks(options, shape), affordable);
        // No sequence can be longer than the cache; a table of rotations for more would be made for nothing.
        context = (int) Math.min(context, blocks * (long) ModelLimits.BLOCK_POSITIONS);
        int outputs = Math.min(options.maxStepTokens(), Math.max(options.maxSequences(), MIN_OUTPUTS));
        int candidates = Math.min(Sampler.MAX_CANDIDATES, shape.vocabularySize());
        return new ModelLimits(options.maxStepTokens(), outputs, candidates, context, blocks);
    }

    private static void warnOfSmallCache(EngineOptions options, Hyperparameters shape, ModelLimits limits) {
        long wanted = wantedBlocks(options, shape);
        if (limits.kvBlocks() < wanted) {
            LOG.log(
                    Level.WARNING,
                    "the KV cache holds {0} positions instead of {1} for {2} sequences: give the JVM a larger heap (-Xmx)",
                    limits.kvBlocks() * (long) ModelLimits.BLOCK_POSITIONS,
                    wanted * ModelLimits.BLOCK_POSITIONS,
                    options.maxSequences());
        }
    }

    private static long wantedBlocks(EngineOptions options, Hyperparameters shape) {
        int context = options.contextLength().orElse(shape.contextLength());
        return (long) ModelLimits.blocksFor(context) * options.maxSequences();
    }

    private static Tokenizer tokenizerOf(ModelFile file, Hyperparameters shape) {
        Tokenizer tokenizer = switch (file) {
            case GgufModelFile gguf -> Tokenizers.fromGguf(gguf.gguf().metadata());
            case HubModelFile hub -> Tokenizers.fromHub(hub.directory().path());
        };
        if (tokenizer.vocabularySize() > shape.vocabularySize()) {
            throw ModelFormatException.of(
                    file.source(),
                    "tokenizer",
                    tokenizer.vocabularySize() + " tokens",
                    "at most the embedding's " + shape.vocabularySize() + " rows");
        }
        return tokenizer;
    }

    private static long parameters(ModelFile file) {
        return file.tensors().values().stream().mapToLong(TensorInfo::elements).sum();
    }

    private static ModelDescription describe(
            ModelFile file, boolean embedded, Hyperparameters shape, ModelLimits limits, Model model) {
        return new ModelDescription(
                file.name(),
                embedded ? "embedded" : file.source(),
                file.architecture(),
                limits.contextLength(),
                shape.vocabularySize(),
                shape.layers(),
                parameters(file),
                model.packedBytes(),
                file.chatTemplate().orElse(""));
    }
}
