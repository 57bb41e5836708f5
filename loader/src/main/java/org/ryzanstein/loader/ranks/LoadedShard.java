package org.ryzanstein.loader.ranks;

import org.jspecify.annotations.Nullable;
import org.ryzanstein.api.comm.Communicator;
import org.ryzanstein.api.kernel.HeadOutput;
import org.ryzanstein.api.kernel.KernelBackend;
import org.ryzanstein.api.kernel.PreparedStep;
import org.ryzanstein.api.kernel.StepBatch;
import org.ryzanstein.loader.model.Model;
import org.ryzanstein.loader.model.ModelLimits;
import org.ryzanstein.loader.model.Residual;
import org.ryzanstein.loader.model.StepCache;
import org.ryzanstein.loader.parallel.GroupExchange;
import org.ryzanstein.loader.parallel.Shard;

/** A rank's part of the model, packed, and what runs it. Rows that are seldom read may stay in the file. */
final class LoadedShard implements StepResults, AutoCloseable {
    private final Shard shard;
    private final KernelBackend backend;
    private final Model model;
    private final GroupExchange exchange;
    private final StepCache steps;
    private int splitFrom = Integer.MAX_VALUE;
    private @Nullable PreparedStep last;

    LoadedShard(Shard shard, KernelBackend backend, Model model, GroupExchange exchange, ModelLimits limits) {
        this.shard = shard;
        this.backend = backend;
        this.model = model;
        this.exchange = exchange;
        this.steps = new StepCache(backend, model, limits.maxTokens(), limits.maxOutputs());
    }

    Shard shard() {
        return shard;
    }

    Model model() {
        return model;
    }

    /**
     * Says over which group the shard exchanges from now on.
     *
     * @param tokens from how many on steps share out the residual stream, if the model can: the same on all ranks
     */
    void use(Communicator communicator, int tokens) {
        exchange.use(communicator);
        splitFrom = model.splitsResidual() ? tokens : Integer.MAX_VALUE;
    }

    void run(StepBatch batch) {
        PreparedStep step = steps.forBatch(batch, batch.tokens() < splitFrom ? Residual.WHOLE : Residual.SPLIT);
        last = step;
        exchange.begin(batch);
        backend.queue().submit(step, batch);
        backend.queue().await();
    }

    /** Time that the last step spent in exchanges with other ranks. */
    long exchangeNanos() {
        return exchange.nanos();
    }

    @Override
    public boolean faulted(int token) {
        return last != null && last.faulted(token);
    }

    @Override
    public HeadOutput output() {
        return model.output();
    }

    @Override
    public void close() {
        backend.close();
    }
}
