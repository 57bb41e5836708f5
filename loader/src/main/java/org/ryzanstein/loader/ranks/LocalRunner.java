package org.ryzanstein.loader.ranks;

import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.ryzanstein.api.kernel.HeadOutput;
import org.ryzanstein.api.kernel.KernelBackend;
import org.ryzanstein.api.kernel.PreparedStep;
import org.ryzanstein.api.kernel.StepBatch;
import org.ryzanstein.loader.cluster.ClusterStatus;
import org.ryzanstein.loader.model.Model;
import org.ryzanstein.loader.model.ModelLimits;
import org.ryzanstein.loader.model.Residual;
import org.ryzanstein.loader.model.StepCache;

/** Runs steps in this process, with the whole model. */
public final class LocalRunner implements StepRunner {
    private final KernelBackend backend;
    private final Model model;
    private final StepCache steps;
    private @Nullable PreparedStep last;

    public LocalRunner(KernelBackend backend, Model model, ModelLimits limits) {
        this.backend = backend;
        this.model = model;
        this.steps = new StepCache(backend, model, limits.maxTokens(), limits.maxOutputs());
    }

    @Override
    public HeadOutput output() {
        return model.output();
    }

    @Override
    public void place(int slot, int[] blocks) {}

    @Override
    public boolean run(StepBatch batch) {
        PreparedStep step = steps.forBatch(batch, Residual.WHOLE);
        last = step;
        backend.queue().submit(step, batch);
        backend.queue().await();
        return true;
    }

    @Override
    public boolean faulted(int token) {
        return last != null && last.faulted(token);
    }

    @Override
    public boolean wantsPause() {
        return false;
    }

    @Override
    public void regroup() {}

    @Override
    public Optional<ClusterStatus> status() {
        return Optional.empty();
    }

    @Override
    public void close() {}
}
