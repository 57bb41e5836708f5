package org.ryzanstein.loader.engine;

import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.ryzanstein.api.kernel.KernelBackends;
import org.ryzanstein.loader.format.GgufModelFile;
import org.ryzanstein.loader.format.Hyperparameters;
import org.ryzanstein.loader.format.ModelFile;
import org.ryzanstein.loader.model.Architectures;
import org.ryzanstein.loader.model.Model;
import org.ryzanstein.loader.model.ModelLimits;
import org.ryzanstein.loader.parallel.Placement;
import org.ryzanstein.loader.parallel.SpinParkTeam;
import org.ryzanstein.loader.ranks.LocalRunner;
import org.ryzanstein.loader.ranks.StepRunner;
import org.ryzanstein.loader.tokenizer.Tokenizers;

/** An engine of the embedded model with as many KV blocks and sequences as a test wants, on a backend that can be made to fail. */
record SmallEngine(Engine engine, WrappedBackend backend) implements AutoCloseable {
    static SmallEngine open(int maxSequences, int maxStepTokens, int kvBlocks) {
        return open(maxSequences, maxStepTokens, kvBlocks, UnaryOperator.identity());
    }

    /** One whose steps are run by what is made of its runner. */
    static SmallEngine open(int maxSequences, int maxStepTokens, int kvBlocks, UnaryOperator<StepRunner> runner) {
        SpinParkTeam team = new SpinParkTeam(1);
        WrappedBackend backend = new WrappedBackend(
                KernelBackends.choose(Optional.empty()).provider().open(team));
        try (EmbeddedModel copy = EmbeddedModel.extract()) {
            ModelFile file = ModelFile.open(copy.path());
            Hyperparameters shape = file.hyperparameters();
            ModelLimits limits = new ModelLimits(maxStepTokens, maxStepTokens, 256, shape.contextLength(), kvBlocks);
            Model model = Architectures.load(
                    file, shape, Placement.alone(Architectures.sizes(shape)), backend, limits, packed -> {});
            ModelDescription description = new ModelDescription(
                    file.name(),
                    "embedded",
                    file.architecture(),
                    limits.contextLength(),
                    shape.vocabularySize(),
                    shape.layers(),
                    0,
                    model.packedBytes(),
                    "");
            EngineOptions options = EngineOptions.defaults()
                    .withThreads(1)
                    .withMaxSequences(maxSequences)
                    .withMaxStepTokens(maxStepTokens);
            Engine engine = new LocalEngine(
                    description,
                    Tokenizers.fromGguf(((GgufModelFile) file).gguf().metadata()),
                    options,
                    List.of(),
                    backend.name(),
                    model,
                    runner.apply(new LocalRunner(backend, model, limits)),
                    team,
                    file::change,
                    limits,
                    List.of(backend, team, file));
            return new SmallEngine(engine, backend);
        }
    }

    Generation submit(GenerationRequest request) {
        return engine.submit(request, GenerationListener.NONE);
    }

    EngineStatus status() {
        return engine.status();
    }

    @Override
    public void close() {
        engine.close();
    }
}
