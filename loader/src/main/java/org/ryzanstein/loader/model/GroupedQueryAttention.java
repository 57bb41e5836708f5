package org.ryzanstein.loader.model;

import org.jspecify.annotations.Nullable;
import org.ryzanstein.api.kernel.Buffer;
import org.ryzanstein.api.kernel.ElementType;
import org.ryzanstein.api.kernel.KernelBackend;
import org.ryzanstein.api.kernel.KvCache;
import org.ryzanstein.api.kernel.KvSpec;
import org.ryzanstein.api.kernel.KvType;
import org.ryzanstein.api.kernel.RopeTable;
import org.ryzanstein.api.kernel.RowSet;
import org.ryzanstein.api.kernel.StepRecorder;
import org.ryzanstein.api.kernel.VectorWeights;
import org.ryzanstein.loader.format.Hyperparameters;

/**
 * Causal attention with rotary positions in which several query heads share a KV head (Ainslie et al., GQA, 2023), over the
 * paged cache of all layers.
 */
final class GroupedQueryAttention {
    private final int headDim;
    private final RopeTable rope;
    private final KvCache cache;
    private final Buffer queryKeyValue; // (tokens, heads * headDim + 2 * kvHeads * headDim)
    private final Buffer queries; // views of it
    private final Buffer keys;
    private final Buffer values;
    private final Buffer attended; // (tokens, heads * headDim)
    private final int[] kvHeadOf; // (heads)
    private final float scale;

    GroupedQueryAttention(Hyperparameters shape, KernelBackend backend, ModelLimits limits, RopeTable rope) {
        this.headDim = shape.headDim();
        this.rope = rope;
        cache = backend.allocateKv(new KvSpec(
                shape.layers(),
                shape.kvHeads(),
                headDim,
                limits.kvBlocks(),
                ModelLimits.BLOCK_POSITIONS,
                KvType.FLOAT32));
        int queryWidth = shape.heads() * headDim;
        int kvWidth = shape.kvHeads() * headDim;
        int tokens = limits.maxTokens();
        queryKeyValue =
                backend.allocate(ElementType.FLOAT32, RowSet.TOKENS, tokens, Math.addExact(queryWidth, 2 * kvWidth));
        queries = queryKeyValue.slice(0, queryWidth);
        keys = queryKeyValue.slice(queryWidth, kvWidth);
        values = queryKeyValue.slice(queryWidth + kvWidth, kvWidth);
        attended = backend.allocate(ElementType.FLOAT32, RowSet.TOKENS, tokens, queryWidth);
        kvHeadOf = new int[shape.heads()];
        for (int head = 0; head < kvHeadOf.length; head++) {
            kvHeadOf[head] = head / (shape.heads() / shape.kvHeads());
        }
        scale = (float) (1 / StrictMath.sqrt(headDim));
    }

    /** Bytes of keys and values that a position holds in all layers. */
    long bytesPerPosition() {
        KvSpec spec = cache.spec();
        return new KvSpec(spec.layers(), spec.kvHeads(), headDim, 1, 1, spec.type()).bytes();
    }

    /** Where a layer's queries, keys and values are written, side by side. */
    Buffer input() {
        return queryKeyValue;
    }

    /** The heads' outputs side by side. */
    Buffer output() {
        return attended;
    }

    /**
     * Records one layer's attention, from {@link #input} to {@link #output}.
     *
     * @param queryNorm gains (headDim) of a norm of each query head before its rotation, if the model has one
     * @param keyNorm likewise of each key head
     */
    void record(
            StepRecorder ops,
            int layer,
            @Nullable VectorWeights queryNorm,
            @Nullable VectorWeights keyNorm,
            float epsilon) {
        if (queryNorm != null) {
            ops.rmsNorm(queries, queryNorm, epsilon, queries);
        }
        if (keyNorm != null) {
            ops.rmsNorm(keys, keyNorm, epsilon, keys);
        }
        ops.rope(queries, headDim, rope);
        ops.rope(keys, headDim, rope);
        ops.storeKv(cache, layer, keys, values);
        ops.attention(cache, layer, queries, kvHeadOf, scale, attended);
    }
}
