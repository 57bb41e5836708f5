package org.ryzanstein.loader.model;

import java.util.Arrays;
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
import org.ryzanstein.loader.parallel.Exchange;
import org.ryzanstein.loader.parallel.Placement;
import org.ryzanstein.loader.parallel.Shard;
import org.ryzanstein.loader.parallel.StraddlingHeads;

/**
 * Causal attention with rotary positions in which several query heads share a KV head (Ainslie et al., GQA, 2023), over the
 * paged cache of all layers. Ranks share the query heads out, and may give each other the keys and values of KV heads that
 * several of them read ({@link StraddlingHeads}).
 */
final class GroupedQueryAttention {
    private final int headDim;
    private final int layers;
    private final RopeTable rope;
    private final int kvHeads;
    private final @Nullable KvCache cache; // null on a rank without heads
    private final StraddlingHeads straddling;
    private final Exchange exchange;
    private final Buffer projected; // keys, queries and values side by side, those that this rank computes
    private final Buffer keys; // (tokens, kvHeads * headDim), views like the following
    private final Buffer ownKeys; // of the heads whose keys this rank computes
    private final Buffer queries; // (tokens, heads * headDim)
    private final Buffer values; // (tokens, kvHeads * headDim)
    private final @Nullable Buffer exchanged; // (tokens, heads of all ranks * headDim), null without any
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
            Placement placement,
            KernelBackend backend,
            ModelLimits limits,
            RopeTable rope,
            boolean gathered) {
        this.headDim = shape.headDim();
        this.layers = shape.layers();
        this.rope = rope;
        exchange = placement.exchange();
        Shard shard = placement.shard();
        straddling = shard.straddlingHeads();
        kvHeads = shard.ownKvHeads().count();
        cache = kvHeads == 0
                ? null
                : backend.allocateKv(new KvSpec(
                        layers, kvHeads, headDim, limits.kvBlocks(), ModelLimits.BLOCK_POSITIONS, KvType.FLOAT32));
        int queryWidth = shard.ownHeads().count() * headDim;
        int kvWidth = kvHeads * headDim;
        int tokens = limits.maxTokens();
        // What comes from other ranks, keys of the first head and values of the last one, stands outside of what is
        // computed.
        Buffer all = backend.allocate(
                ElementType.FLOAT32, RowSet.TOKENS, tokens, Math.max(1, Math.addExact(queryWidth, 2 * kvWidth)));
        keys = all.slice(0, kvWidth);
        queries = all.slice(kvWidth, queryWidth);
        values = all.slice(kvWidth + queryWidth, kvWidth);
        int ownKeyWidth = straddling.keys().count() * headDim;
        int taken = kvWidth - ownKeyWidth;
        ownKeys = keys.slice(taken, ownKeyWidth);
        projected = kvHeads == 0
                ? all
                : all.slice(
                        taken, ownKeyWidth + queryWidth + straddling.values().count() * headDim);
        exchanged = straddling.areExchanged()
                ? backend.allocate(
                        ElementType.FLOAT32,
                        RowSet.TOKENS,
                        tokens,
                        Arrays.stream(straddling.counts(headDim)).sum())
                : null;
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

    /** Where a layer's keys, queries and values are written, side by side: those that this rank computes. */
    Buffer input() {
        return projected;
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
        if (cache != null && ownKeys.columns() > 0) {
            if (keyNorm != null) {
                ops.rmsNorm(ownKeys, keyNorm, epsilon, ownKeys);
            }
            ops.rope(ownKeys, headDim, rope);
        }
        if (exchanged != null) {
            give(ops, keys, kvHeads - 1, exchanged, straddling.givenKeys());
            give(ops, values, 0, exchanged, straddling.givenValues());
            exchange.beginGather(ops, exchanged, straddling.counts(headDim));
        }
        if (cache != null) {
            if (queryNorm != null) {
                ops.rmsNorm(queries, queryNorm, epsilon, queries);
            }
            ops.rope(queries, headDim, rope);
        }
        if (exchanged != null) {
            exchange.endGather(ops);
            take(ops, exchanged, straddling.takenKeys(), keys, 0);
            take(ops, exchanged, straddling.takenValues(), values, kvHeads - 1);
        }
        if (cache != null) {
            ops.storeKv(cache, layer, keys, values);
            ops.attention(cache, layer, queries, kvHeadOf, scale, attended.own());
        }
    }

    private void give(StepRecorder ops, Buffer heads, int head, Buffer row, int place) {
        if (place != StraddlingHeads.NONE) {
            ops.copy(head(heads, head), head(row, place));
        }
    }

    private void take(StepRecorder ops, Buffer row, int place, Buffer heads, int head) {
        if (place != StraddlingHeads.NONE) {
            ops.copy(head(row, place), head(heads, head));
        }
    }

    private Buffer head(Buffer heads, int index) {
        return heads.slice(index * headDim, headDim);
    }
}
