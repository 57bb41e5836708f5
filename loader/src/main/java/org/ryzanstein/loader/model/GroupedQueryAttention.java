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
import org.ryzanstein.loader.parallel.Shard;

/**
 * Causal attention with rotary positions in which several query heads share a KV head (Ainslie et al., GQA, 2023), over the
 * paged cache of all layers. Ranks share the query heads out.
 */
final class GroupedQueryAttention {
    private final int headDim;
    private final int layers;
    private final RopeTable rope;
    private final int kvHeads;
    private final @Nullable KvCache cache; // null on a rank without heads
    private final Buffer queryKeyValue; // (tokens, heads * headDim + 2 * kvHeads * headDim), of this rank's heads
    private final Buffer queries; // views of it
    private final Buffer keys;
    private final Buffer values;
    private final Spread attended; // (tokens, heads * headDim)
    private final int[] kvHeadOf; // (heads)
    private final float scale;

    /**
     * Allocates the cache and the scratch.
     *
     * @param gathered whether ranks are to gather the output
     */
    GroupedQueryAttention(
            Hyperparameters shape,
            Shard shard,
            KernelBackend backend,
            ModelLimits limits,
            RopeTable rope,
            boolean gathered) {
        this.headDim = shape.headDim();
        this.layers = shape.layers();
        this.rope = rope;
        kvHeads = shard.ownKvHeads().count();
        cache = kvHeads == 0
                ? null
                : backend.allocateKv(new KvSpec(
                        layers, kvHeads, headDim, limits.kvBlocks(), ModelLimits.BLOCK_POSITIONS, KvType.FLOAT32));
        int queryWidth = shard.ownHeads().count() * headDim;
        int kvWidth = kvHeads * headDim;
        int tokens = limits.maxTokens();
        queryKeyValue = backend.allocate(
                ElementType.FLOAT32, RowSet.TOKENS, tokens, Math.max(1, Math.addExact(queryWidth, 2 * kvWidth)));
        queries = queryKeyValue.slice(0, queryWidth);
        keys = queryKeyValue.slice(queryWidth, kvWidth);
        values = queryKeyValue.slice(queryWidth + kvWidth, kvWidth);
        attended = gathered || shard.isWhole()
                ? Spread.gathered(backend, tokens, shard, shard.heads(), headDim)
                : Spread.parts(
                        backend.allocate(ElementType.FLOAT32, RowSet.TOKENS, tokens, Math.max(1, queryWidth)),
                        shard,
                        shard.heads(),
                        headDim);
        kvHeadOf = shard.kvHeadOf();
        scale = (float) (1 / StrictMath.sqrt(headDim));
    }

    /** Bytes of keys and values that a position holds in all layers. */
    long bytesPerPosition() {
        return new KvSpec(layers, kvHeads, headDim, 1, 1, KvType.FLOAT32).bytes();
    }

    /** Whether this rank has heads at all; without them there is nothing to write to {@link #input}. */
    boolean hasHeads() {
        return cache != null;
    }

    /** Where a layer's queries, keys and values are written, side by side. */
    Buffer input() {
        return queryKeyValue;
    }

    /** The heads' outputs side by side. */
    Spread output() {
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
        KvCache own = cache;
        if (own == null) {
            return;
        }
        if (queryNorm != null) {
            ops.rmsNorm(queries, queryNorm, epsilon, queries);
        }
        if (keyNorm != null) {
            ops.rmsNorm(keys, keyNorm, epsilon, keys);
        }
        ops.rope(queries, headDim, rope);
        ops.rope(keys, headDim, rope);
        ops.storeKv(own, layer, keys, values);
        ops.attention(own, layer, queries, kvHeadOf, scale, attended.own());
    }
}
