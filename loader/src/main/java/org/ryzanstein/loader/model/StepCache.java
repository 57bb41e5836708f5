package org.ryzanstein.loader.model;

import java.util.EnumMap;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import org.ryzanstein.api.kernel.KernelBackend;
import org.ryzanstein.api.kernel.PreparedStep;
import org.ryzanstein.api.kernel.StepBatch;
import org.ryzanstein.api.kernel.StepShape;

/** Steps recorded once for each shape bucket: the powers of two up to the largest step. */
public final class StepCache {
    private final KernelBackend backend;
    private final Model model;
    private final int maxTokens;
    private final int maxOutputs;
    private final Map<Residual, Map<Integer, PreparedStep>> steps = new EnumMap<>(Residual.class);

    public StepCache(KernelBackend backend, Model model, int maxTokens, int maxOutputs) {
        this.backend = backend;
        this.model = model;
        this.maxTokens = maxTokens;
        this.maxOutputs = maxOutputs;
        for (Residual residual : Residual.values()) {
            steps.put(residual, new HashMap<>());
        }
    }

    /** The step of the smallest bucket that holds a batch. */
    public PreparedStep forBatch(StepBatch batch, Residual residual) {
        int bucket = Math.min(maxTokens, Integer.highestOneBit(Math.max(1, 2 * batch.tokens() - 1)));
        Map<Integer, PreparedStep> buckets = Objects.requireNonNull(steps.get(residual));
        PreparedStep step = buckets.get(bucket);
        if (step == null) {
            step = backend.prepare(
                    new StepShape(bucket, Math.min(bucket, maxOutputs)), ops -> model.forward(ops, residual));
            buckets.put(bucket, step);
        }
        return step;
    }
}
