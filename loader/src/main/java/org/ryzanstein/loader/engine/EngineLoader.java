package org.ryzanstein.loader.engine;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.List;
import java.util.Optional;
import org.ryzanstein.api.comm.CommunicatorProvider;
import org.ryzanstein.api.comm.Communicators;
import org.ryzanstein.api.kernel.KernelBackend;
import org.ryzanstein.api.kernel.KernelBackendProvider;
import org.ryzanstein.api.kernel.KernelBackends;
import org.ryzanstein.api.kernel.KvSpec;
import org.ryzanstein.api.kernel.KvType;
import org.ryzanstein.api.provider.ProviderReport;
import org.ryzanstein.api.provider.ProviderUnavailableException;
import org.ryzanstein.api.provider.Selection;
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
        Selection<KernelBackendProvider> selection = KernelBackends.choose(options.backend());
        LOG.log(
                Level.INFO,
                () -> "backends:" + System.lineSeparator() + selection.report().describe());
        EmbeddedModel embedded = options.model().isPresent() ? null : EmbeddedModel.extract();
        try (ModelFile file = ModelFile.open(embedded == null ? options.model().orElseThrow() : embedded.path())) {
            return open(options, file, embedded != null, selection);
        } finally {
            if (embedded != null) {
                embedded.close();
            }
        }
    }

    private static Engine open(
            EngineOptions options, ModelFile file, boolean embedded, Selection<KernelBackendProvider> selection) {
        Architectures.check(file);
        Hyperparameters shape = file.hyperparameters();
        Tokenizer tokenizer = tokenizerOf(file);
        if (tokenizer.vocabularySize() > shape.vocabularySize()) {
            throw ModelFormatException.of(
                    file.source(),
                    "tokenizer",
                    tokenizer.vocabularySize() + " tokens",
                    "at most the embedding's " + shape.vocabularySize() + " rows");
        }
        TemplateCheck.check(file);
        ModelLimits limits = limits(options, shape, file.source());
        SpinParkTeam team = new SpinParkTeam(options.threads());
        KernelBackend backend = null;
        try {
            backend = selection.provider().open(team);
            Model model = load(options, file, shape, backend, limits);
            return new LocalEngine(
                    describe(file, embedded, shape, limits, model),
                    tokenizer,
                    options,
                    reports(selection, backend),
                    backend,
                    model,
                    limits,
                    List.of(backend, team));
        } catch (RuntimeException | Error e) {
            if (backend != null) {
                backend.close();
            }
            team.close();
            throw e;
        }
    }

    private static Model load(
            EngineOptions options, ModelFile file, Hyperparameters shape, KernelBackend backend, ModelLimits limits) {
        long total = parameters(file);
        ProgressListener progress = options.progress();
        progress.progress("packing weights", 0, total);
        Model model = Architectures.load(
                file,
                shape,
                Placement.alone(Architectures.sizes(shape)),
                backend,
                limits,
                packed -> progress.progress("packing weights", Math.min(packed, total - 1), total));
        progress.progress("packing weights", total, total);
        return model;
    }

    private static List<ProviderReport> reports(Selection<KernelBackendProvider> selection, KernelBackend backend) {
        ProviderReport communicators;
        try {
            Selection<CommunicatorProvider> choice = Communicators.choose(backend.memoryKind(), 1, Optional.empty());
            communicators = choice.report();
        } catch (ProviderUnavailableException e) {
            // One rank needs no communicator; the report still says why there is none.
            communicators = e.report();
        }
        return List.of(selection.report(), communicators);
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
        int perSequence = ModelLimits.blocksFor(context);
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
        long wanted = (long) perSequence * options.maxSequences();
        int blocks = (int) Math.min(wanted, affordable);
        // No sequence can be longer than the cache; a table of rotations for more would be made for nothing.
        context = (int) Math.min(context, blocks * (long) ModelLimits.BLOCK_POSITIONS);
        if (blocks < wanted) {
            LOG.log(
                    Level.WARNING,
                    "the KV cache holds {0} positions instead of {1} for {2} sequences: give the JVM a larger heap (-Xmx)",
                    blocks * (long) ModelLimits.BLOCK_POSITIONS,
                    wanted * ModelLimits.BLOCK_POSITIONS,
                    options.maxSequences());
        }
        int outputs = Math.min(options.maxStepTokens(), Math.max(options.maxSequences(), MIN_OUTPUTS));
        int candidates = Math.min(Sampler.MAX_CANDIDATES, shape.vocabularySize());
        return new ModelLimits(options.maxStepTokens(), outputs, candidates, context, blocks);
    }

    private static Tokenizer tokenizerOf(ModelFile file) {
        return switch (file) {
            case GgufModelFile gguf -> Tokenizers.fromGguf(gguf.gguf().metadata());
            case HubModelFile hub -> Tokenizers.fromHub(hub.directory().path());
        };
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
