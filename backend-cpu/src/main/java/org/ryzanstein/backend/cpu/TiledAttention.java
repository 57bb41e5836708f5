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

    /** Floats of a cache line. */
    private static final int LINE = 16;

    private static final int FETCHED_PAGES = 4;
    /** More queries than this take longer to compute than their keys and values to read. */
    private static final int FETCHED_QUERIES = 8;

    private final AttentionLoops loops;
    private final PagedKvCache cache;
    private final int dimension;
    private final int page;
    private final boolean inVectors;
    private final boolean takesFour;
    private final float scale;

    private final float[] scores = new float[ROOM * BLOCK]; // (query, position of the block)
    private final int[] counts = new int[ROOM];
    private float[] maxima = new float[ROOM]; // (block, query)
    private float[] weightSums = new float[ROOM]; // (block, query)
    private float[] valueSums; // (block, query, dimension)

    /** Keeps the compiler from leaving reads out. */
    @SuppressWarnings("unused")
    private float fetched;

    /** For queries with any keys of a cache. */
    public TiledAttention(AttentionLoops loops, PagedKvCache cache, float scale) {
        this.loops = loops;
        this.cache = cache;
        this.dimension = cache.spec().headDimension();
        this.page = cache.spec().blockPositions();
        this.inVectors = page % loops.lanes() == 0 && dimension % AttentionLoops.ACCUMULATORS == 0;
        this.takesFour = loops.takesFour();
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
        int stride = tile.count();
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
        int head = cache.headIndex(layer, tile.kvHead());
        for (int start = from; start < to; start += page) {
            fetchAhead(batch, tile, from, start, to, head);
            int count = Math.min(page, to - start);
            float[] keys = cache.block(batch, tile.slot(), start);
            int done = 0;
            while (done < tile.count()) {
                done += scorePage(keys, head, count, tile, done, start - from);
            }
        }
    }

    /** Scores of a page for some queries from the i-th on. Returns how many. */
    private int scorePage(float[] keys, int at, int count, QueryTile tile, int i, int before) {
        int last = tile.count() - 1;
        int target = i * BLOCK + before;
        float[] q = tile.in();
        int first = tile.first(i);
        int second = tile.first(Math.min(i + 1, last));
        if (!inVectors) {
            scoreOneByOne(keys, at, count, q, first, target);
            return 1;
        }
        if (takesFour && i + 2 <= last) {
            int third = tile.first(i + 2);
            int fourth = tile.first(Math.min(i + 3, last));
            loops.scoreFour(
                    keys, at, page, count, q, first, second, third, fourth, dimension, scale, scores, target, BLOCK);
            return 4;
        }
        loops.scoreTwo(keys, at, page, count, q, first, second, dimension, scale, scores, target, BLOCK);
        return 2;
    }

    /**
     * Reads a word of each cache line of four pages side by side, before the first of them is used: so reading is as fast as
     * memory is, where one page after the other, with computing in between, is less than half as fast (docs/performance.md,
     * "Attention"). Not for many queries, which compute longer than they read.
     *
     * @param at where the keys or values of a head begin in a page
     */
    private void fetchAhead(StepBatch batch, QueryTile tile, int from, int start, int end, int at) {
        int last = (end - 1) / page * page;
        if (tile.count() > FETCHED_QUERIES || (start - from) % (FETCHED_PAGES * page) != 0 || start == last) {
            return;
        }
        fetched = readLines(
                cache.block(batch, tile.slot(), start),
                cache.block(batch, tile.slot(), start + page),
                cache.block(batch, tile.slot(), Math.min(start + 2 * page, last)),
                cache.block(batch, tile.slot(), Math.min(start + 3 * page, last)),
                at,
                at + page * dimension);
    }

    private static float readLines(float[] a, float[] b, float[] c, float[] d, int from, int to) {
        float s0 = 0f;
        float s1 = 0f;
        float s2 = 0f;
        float s3 = 0f;
        for (int i = from; i < to; i += LINE) {
            s0 += a[i];
            s1 += b[i];
            s2 += c[i];
            s3 += d[i];
        }
        return s0 + s1 + s2 + s3;
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
        int head = cache.valueIndex(layer, tile.kvHead(), 0);
        for (int start = from; start < to; start += page) {
            fetchAhead(batch, tile, from, start, to, head);
            int count = Math.min(page, to - start);
            float[] values = cache.block(batch, tile.slot(), start);
            int done = 0;
            while (done < tile.count()) {
                done += addPage(values, head, count, tile.count() - done, done, start - from, row);
            }
        }
    }

    /** Adds the values of a page for some of so many queries, from the i-th on. Returns how many. */
    private int addPage(float[] values, int value, int count, int queries, int i, int before, int row) {
        int together = takesFour && queries >= 4 ? 4 : Math.min(queries, 2);
        int common = count;
        for (int k = i; k < i + together; k++) {
            common = Math.min(common, counts[k] - before);
        }
        common = Math.max(0, common);
        int at = i * BLOCK + before;
        int target = (row + i) * dimension;
        if (together == 1) {
            common = 0;
        } else if (common > 0 && together == 2) {
            loops.addTwo(values, value, dimension, common, scores, at, BLOCK, valueSums, target);
        } else if (common > 0) {
            loops.addFour(values, value, dimension, common, scores, at, BLOCK, valueSums, target);
        }
        for (int k = 0; k < together; k++) {
            int own = Math.min(count, counts[i + k] - before);
            addRest(values, value, common, own, at + k * BLOCK, target + k * dimension);
        }
        return together;
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
