package org.ryzanstein.backend.cpu;

import java.util.Arrays;
import org.ryzanstein.api.kernel.StepBatch;
import org.ryzanstein.api.numerics.ContractMath;

/**
 * Attention for a tile of queries at a time, so that keys and values are read once for all of them: page by page within a block of
 * positions, block by block. What a block makes is kept until the maximum over all blocks is known. The scratch of one thread.
 */
public final class TiledAttention implements AttentionKernel {
    private static final int BLOCK = ContractMath.BLOCK;
    private static final int ROOM = QueryTile.ROOM;

    private final AttentionLoops loops;
    private final PagedKvCache cache;
    private final int dimension;
    private final int page;
    private final boolean inVectors;
    private final float scale;

    private final float[] scores = new float[ROOM * BLOCK]; // (query, position of the block)
    private final int[] counts = new int[ROOM];
    private float[] maxima = new float[ROOM]; // (block, query)
    private float[] weightSums = new float[ROOM]; // (block, query)
    private float[] valueSums; // (block, query, dimension)

    /** For queries with any keys of a cache. */
    public TiledAttention(AttentionLoops loops, PagedKvCache cache, float scale) {
        this.loops = loops;
        this.cache = cache;
        this.dimension = cache.spec().headDimension();
        this.page = cache.spec().blockPositions();
        this.inVectors = page % loops.lanes() == 0 && dimension % AttentionLoops.ACCUMULATORS == 0;
        this.scale = scale;
        this.valueSums = new float[ROOM * dimension];
    }

    @Override
    public void run(StepBatch batch, int layer, QueryTile tile) {
        int longest = 0;
        for (int i = 0; i < tile.count(); i++) {
            longest = Math.max(longest, tile.position(i) + 1);
        }
        int blocks = Math.ceilDiv(longest, BLOCK);
        int stride = tile.count() + (tile.count() & 1);
        makeRoom(blocks * stride);
        Arrays.fill(valueSums, 0, blocks * stride * dimension, 0f);
        for (int b = 0; b < blocks; b++) {
            int from = b * BLOCK;
            int to = Math.min(longest, from + BLOCK);
            for (int i = 0; i < tile.count(); i++) {
                counts[i] = Math.clamp(tile.position(i) + 1L - from, 0, BLOCK);
            }
            score(batch, layer, tile, from, to);
            weigh(tile.count(), b * stride);
            sumValues(batch, layer, tile, from, to, b * stride);
        }
        for (int i = 0; i < tile.count(); i++) {
            merge(tile, i, stride);
        }
    }

    private void makeRoom(int rows) {
        if (maxima.length < rows) {
            int grown = Math.max(rows, 2 * maxima.length);
            maxima = new float[grown];
            weightSums = new float[grown];
            valueSums = new float[Math.multiplyExact(grown, dimension)];
        }
    }

    /** Scores of the positions {@code from .. to}, which are of one block. */
    private void score(StepBatch batch, int layer, QueryTile tile, int from, int to) {
        for (int start = from; start < to; ) {
            int count = Math.min(to, (start / page + 1) * page) - start;
            float[] keys = cache.block(batch, tile.slot(), start);
            int at = cache.headIndex(layer, tile.kvHead()) + (start & (page - 1));
            for (int i = 0; i < tile.count(); i += 2) {
                int target = i * BLOCK + start - from;
                int other = Math.min(i + 1, tile.count() - 1);
                if (inVectors) {
                    loops.score(
                            keys,
                            at,
                            page,
                            count,
                            tile.in(),
                            tile.first(i),
                            tile.first(other),
                            dimension,
                            scale,
                            scores,
                            target,
                            BLOCK);
                } else {
                    scoreOneByOne(keys, at, count, tile.in(), tile.first(i), target);
                    scoreOneByOne(keys, at, count, tile.in(), tile.first(other), target + BLOCK);
                }
            }
            start += count;
        }
    }

    private void scoreOneByOne(float[] keys, int at, int count, float[] q, int first, int to) {
        for (int p = 0; p < count; p++) {
            float s0 = everyFourth(keys, at + p, q, first, 0);
            float s1 = everyFourth(keys, at + p, q, first, 1);
            float s2 = everyFourth(keys, at + p, q, first, 2);
            float s3 = everyFourth(keys, at + p, q, first, 3);
            scores[to + p] = ((s0 + s1) + (s2 + s3)) * scale;
        }
    }

    private float everyFourth(float[] keys, int at, float[] q, int first, int start) {
        float sum = 0f;
        for (int d = start; d < dimension; d += AttentionLoops.ACCUMULATORS) {
            sum = Math.fma(q[first + d], keys[at + d * page], sum);
        }
        return sum;
    }

    /** Turns a block's scores into weights, and adds these up. */
    private void weigh(int queries, int row) {
        for (int i = 0; i < queries; i++) {
            if (counts[i] > 0) {
                float max = loops.max(scores, i * BLOCK, counts[i]);
                maxima[row + i] = max;
                loops.exp(scores, i * BLOCK, counts[i], max);
            }
        }
        for (int i = 0; i < queries; i += 4) {
            sumWeights(i, Math.min(4, queries - i), row);
        }
    }

    /** Four sums at a time, since each has to wait for itself. */
    private void sumWeights(int first, int queries, int row) {
        int common = 0;
        if (queries == 4) {
            common = Math.min(
                    Math.min(counts[first], counts[first + 1]), Math.min(counts[first + 2], counts[first + 3]));
            float s0 = 0f;
            float s1 = 0f;
            float s2 = 0f;
            float s3 = 0f;
            int at = first * BLOCK;
            for (int p = at; p < at + common; p++) {
                s0 += scores[p];
                s1 += scores[p + BLOCK];
                s2 += scores[p + 2 * BLOCK];
                s3 += scores[p + 3 * BLOCK];
            }
            weightSums[row + first] = s0;
            weightSums[row + first + 1] = s1;
            weightSums[row + first + 2] = s2;
            weightSums[row + first + 3] = s3;
        } else {
            Arrays.fill(weightSums, row + first, row + first + queries, 0f);
        }
        for (int i = first; i < first + queries; i++) {
            float sum = weightSums[row + i];
            for (int p = common; p < counts[i]; p++) {
                sum += scores[i * BLOCK + p];
            }
            weightSums[row + i] = sum;
        }
    }

    private void sumValues(StepBatch batch, int layer, QueryTile tile, int from, int to, int row) {
        for (int start = from; start < to; ) {
            int end = Math.min(to, (start / page + 1) * page);
            float[] values = cache.block(batch, tile.slot(), start);
            int value = cache.valueIndex(layer, tile.kvHead(), start);
            int before = start - from;
            int count = end - start;
            for (int i = 0; i < tile.count(); i += 2) {
                int target = (row + i) * dimension;
                int first = Math.min(count, counts[i] - before);
                int second = i + 1 < tile.count() ? Math.min(count, counts[i + 1] - before) : 0;
                int both = Math.max(0, Math.min(first, second));
                int at = i * BLOCK + before;
                if (both > 0) {
                    loops.addTwo(values, value, dimension, both, scores, at, BLOCK, valueSums, target);
                }
                addRest(values, value, both, first, at, target);
                addRest(values, value, both, second, at + BLOCK, target + dimension);
            }
            start = end;
        }
    }

    private void addRest(float[] values, int value, int done, int count, int at, int to) {
        if (done < count) {
            loops.addOne(values, value + done * dimension, dimension, count - done, scores, at + done, valueSums, to);
        }
    }

    /** Joins the blocks of a query under the maximum of all of them. */
    private void merge(QueryTile tile, int query, int stride) {
        float[] out = tile.out();
        int to = tile.outFirst(query);
        int blocks = tile.position(query) / BLOCK + 1;
        Arrays.fill(out, to, to + dimension, 0f);
        float max = Float.NEGATIVE_INFINITY;
        for (int b = 0; b < blocks; b++) {
            max = Math.max(max, maxima[b * stride + query]);
        }
        if (Float.isNaN(max)) {
            tile.fault(query);
            return;
        }
        float denominator = 0f;
        for (int b = 0; b < blocks; b++) {
            int row = b * stride + query;
            float factor = ContractMath.exp(maxima[row] - max);
            denominator = Math.fma(weightSums[row], factor, denominator);
            for (int d = 0; d < dimension; d++) {
                out[to + d] = Math.fma(valueSums[row * dimension + d], factor, out[to + d]);
            }
        }
        float inverse = 1f / denominator;
        for (int d = 0; d < dimension; d++) {
            out[to + d] *= inverse;
        }
    }
}
