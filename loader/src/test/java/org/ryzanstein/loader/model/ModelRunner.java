package org.ryzanstein.loader.model;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.ryzanstein.api.comm.Communicator;
import org.ryzanstein.api.kernel.KernelBackend;
import org.ryzanstein.api.kernel.KernelBackends;
import org.ryzanstein.api.kernel.PreparedStep;
import org.ryzanstein.api.kernel.StepBatch;
import org.ryzanstein.api.kernel.StepShape;
import org.ryzanstein.loader.cluster.ShardPlan;
import org.ryzanstein.loader.format.Hyperparameters;
import org.ryzanstein.loader.format.ModelFile;
import org.ryzanstein.loader.parallel.GroupExchange;
import org.ryzanstein.loader.parallel.Placement;
import org.ryzanstein.loader.parallel.Shard;
import org.ryzanstein.loader.parallel.SpinParkTeam;

/** Runs one sequence through a model, without engine or tokenizer. */
final class ModelRunner implements AutoCloseable {
    private final SpinParkTeam team = new SpinParkTeam(2);
    private final KernelBackend backend;
    private final ModelFile file;
    private final Model model;
    private final PreparedStep wholeStep;
    private final PreparedStep promptStep;
    private final StepBatch batch;
    private final Placement placement;
    private int position;

    /** The whole model. */
    ModelRunner(Path path, int maxTokens) {
        this(path, maxTokens, Optional.empty(), Placement::alone, Residual.WHOLE);
    }

    /**
     * One rank's shard of it; rank 1 is on the scalar backend, whatever the others are on.
     *
     * @param exchangesKv as in {@link Shard#exchangesKv}
     * @param prompts how the residual stream is held in steps of more than one token
     */
    ModelRunner(
            Path path,
            int maxTokens,
            ShardPlan plan,
            boolean exchangesKv,
            Residual prompts,
            Communicator communicator) {
        this(
                path,
                maxTokens,
                communicator.rank() == 1 ? Optional.of("scalar") : Optional.empty(),
                sizes -> new Placement(
                        Shard.of(sizes, communicator.rank(), communicator.worldSize(), plan)
                                .exchangingKv(exchangesKv),
                        new GroupExchange(communicator)),
                prompts);
    }

    private ModelRunner(
            Path path,
            int maxTokens,
            Optional<String> backendName,
            Function<Shard.Sizes, Placement> place,
            Residual prompts) {
        backend = KernelBackends.choose(backendName).provider().open(team);
        boolean loaded = false;
        file = ModelFile.open(path);
        try {
            Hyperparameters shape = file.hyperparameters();
            placement = place.apply(Architectures.sizes(shape));
            int blocks = ModelLimits.blocksFor(shape.contextLength());
            ModelLimits limits = new ModelLimits(maxTokens, maxTokens, 4, shape.contextLength(), blocks);
            model = Architectures.load(file, shape, placement, backend, limits, packed -> {});
            StepShape steps = new StepShape(maxTokens, maxTokens);
            wholeStep = backend.prepare(steps, ops -> model.forward(ops, Residual.WHOLE));
            promptStep =
                    prompts == Residual.WHOLE ? wholeStep : backend.prepare(steps, ops -> model.forward(ops, prompts));
            batch = new StepBatch(maxTokens, 1, blocks);
            for (int i = 0; i < blocks; i++) {
                batch.setBlock(0, i, i);
            }
            loaded = true;
        } finally {
            if (!loaded) {
                close();
            }
        }
    }

    /** The logits that follow each of the next tokens: those of this rank's part of the vocabulary. */
    List<float[]> feed(int... tokens) {
        batch.clear();
        for (int token : tokens) {
            batch.add(token, 0, position++, StepBatch.DISTRIBUTION);
        }
        if (placement.exchange() instanceof GroupExchange group) {
            group.begin(batch);
        }
        backend.queue().submit(tokens.length > 1 ? promptStep : wholeStep, batch);
        backend.queue().await();
        List<float[]> logits = new ArrayList<>();
        for (int row = 0; row < tokens.length; row++) {
            float[] values = new float[placement.shard().ownTokens().count()];
            if (values.length > 0) {
                model.output().copyLogits(row, values);
            }
            logits.add(values);
        }
        return logits;
    }

    /** The tokens that greedy decoding appends to a prompt. */
    int[] greedy(int[] prompt, int count) {
        int[] generated = new int[count];
        List<float[]> logits = feed(prompt);
        for (int i = 0; i < count; i++) {
            generated[i] = argmax(logits.getLast());
            logits = feed(generated[i]);
        }
        return generated;
    }

    static int argmax(float[] values) {
        int best = 0;
        for (int i = 1; i < values.length; i++) {
            best = values[i] > values[best] ? i : best;
        }
        return best;
    }

    /** The largest logit minus the second. */
    static float gap(float[] values) {
        float[] sorted = values.clone();
        Arrays.sort(sorted);
        return sorted[sorted.length - 1] - sorted[sorted.length - 2];
    }

    @Override
    public void close() {
        backend.close();
        team.close();
        file.close();
    }
}
