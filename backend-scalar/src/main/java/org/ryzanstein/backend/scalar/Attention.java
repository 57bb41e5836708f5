package org.ryzanstein.backend.scalar;

import org.ryzanstein.api.kernel.StepBatch;
import org.ryzanstein.api.numerics.ContractMath;
import org.ryzanstein.backend.cpu.AttentionKernel;
import org.ryzanstein.backend.cpu.PagedKvCache;
import org.ryzanstein.backend.cpu.QueryTile;

/**
 * Attention of one query head over one sequence's cache; {@link org.ryzanstein.api.kernel.StepRecorder#attention} states the
 * arithmetic. The maximum over all positions is known before the first value is read (scores are kept), so that each
 * block's sums can be scaled and merged as soon as they are complete.
 */
final class Attention implements AttentionKernel {
    private final PagedKvCache cache;
    private int layer;
    private final int headDimension;
    private final float scale;
    private float[] scores = new float[ContractMath.BLOCK];
    private float[] blockMax = new float[1];
    private final float[] blockOut;

    /** Scratch and parameters of one thread. */
    Attention(PagedKvCache cache, float scale) {
        this.cache = cache;
        this.headDimension = cache.spec().headDimension();
        this.scale = scale;
        this.blockOut = new float[headDimension];
    }

    @Override
    public void run(StepBatch batch, int cacheLayer, QueryTile tile) {
        layer = cacheLayer;
        for (int i = 0; i < tile.count(); i++) {
            boolean finite = attend(
                    batch,
                    tile.slot(),
                    tile.position(i),
                    tile.kvHead(),
                    tile.in(),
                    tile.first(i),
                    tile.out(),
                    tile.outFirst(i));
            if (!finite) {
                tile.fault(i);
            }
        }
    }

    /** Attends for one query; false if a score is not finite. */
    private boolean attend(
            StepBatch batch, int slot, int position, int kvHead, float[] q, int qOffset, float[] out, int outOffset) {
        int length = position + 1;
        int blocks = Math.ceilDiv(length, ContractMath.BLOCK);
        makeRoom(blocks);
        float max = scoreAll(batch, slot, length, kvHead, q, qOffset);
        java.util.Arrays.fill(out, outOffset, outOffset + headDimension, 0f);
        if (!Float.isFinite(max)) {
            return false;
        }
        float denominator = 0f;
        for (int b = 0; b < blocks; b++) {
            int from = b * ContractMath.BLOCK;
            float sum = sumBlock(batch, slot, from, Math.min(length, from + ContractMath.BLOCK), kvHead, blockMax[b]);
            float factor = ContractMath.exp(blockMax[b] - max);
            denominator = Math.fma(sum, factor, denominator);
            for (int d = 0; d < headDimension; d++) {
                out[outOffset + d] = Math.fma(blockOut[d], factor, out[outOffset + d]);
            }
        }
        float inverse = 1f / denominator;
        for (int d = 0; d < headDimension; d++) {
            out[outOffset + d] *= inverse;
        }
        return true;
    }

    private void makeRoom(int blocks) {
        if (blockMax.length < blocks) {
            int grown = Math.max(blocks, 2 * blockMax.length);
            blockMax = new float[grown];
            scores = new float[grown * ContractMath.BLOCK];
        }
    }

    /** Fills scores and block maxima; returns their maximum, or NaN if a score is not finite. */
    private float scoreAll(StepBatch batch, int slot, int length, int kvHead, float[] q, int qOffset) {
        int page = cache.spec().blockPositions();
        float max = Float.NEGATIVE_INFINITY;
        boolean finite = true;
        for (int start = 0; start < length; start += ContractMath.BLOCK) {
            int end = Math.min(length, start + ContractMath.BLOCK);
            float localMax = Float.NEGATIVE_INFINITY;
            for (int pageStart = start; pageStart < end; pageStart += page) {
                float[] keys = cache.block(batch, slot, pageStart);
                int key = cache.keyIndex(layer, kvHead, pageStart);
                int pageEnd = Math.min(end, pageStart + page);
                for (int p = pageStart; p < pageEnd; p++, key += headDimension) {
                    float score = dot4(q, qOffset, keys, key, headDimension) * scale;
                    finite &= Float.isFinite(score);
                    scores[p] = score;
                    localMax = Math.max(localMax, score);
                }
            }
            blockMax[start / ContractMath.BLOCK] = localMax;
            max = Math.max(max, localMax);
        }
        return finite ? max : Float.NaN;
    }

    /** Weighted sum of a block's values into {@link #blockOut}; returns the sum of the weights. */
    private float sumBlock(StepBatch batch, int slot, int from, int to, int kvHead, float max) {
        int page = cache.spec().blockPositions();
        java.util.Arrays.fill(blockOut, 0f);
        float sum = 0f;
        for (int pageStart = from; pageStart < to; pageStart += page) {
            float[] values = cache.block(batch, slot, pageStart);
            int value = cache.valueIndex(layer, kvHead, pageStart);
            int pageEnd = Math.min(to, pageStart + page);
            for (int p = pageStart; p < pageEnd; p++, value += headDimension) {
                float weight = ContractMath.exp(scores[p] - max);
                sum += weight;
                addWeighted(blockOut, values, value, weight, headDimension);
            }
        }
        return sum;
    }

    private static void addWeighted(float[] sums, float[] values, int offset, float weight, int length) {
        for (int d = 0; d < length; d++) {
            sums[d] = Math.fma(weight, values[offset + d], sums[d]);
        }
    }

    /** Four accumulators (d mod 4), fma in rising d, (a0 + a1) + (a2 + a3). */
    private static float dot4(float[] a, int aOffset, float[] b, int bOffset, int length) {
        float s0 = 0f;
        float s1 = 0f;
        float s2 = 0f;
        float s3 = 0f;
        int d = 0;
        for (; d + 4 <= length; d += 4) {
            s0 = Math.fma(a[aOffset + d], b[bOffset + d], s0);
            s1 = Math.fma(a[aOffset + d + 1], b[bOffset + d + 1], s1);
            s2 = Math.fma(a[aOffset + d + 2], b[bOffset + d + 2], s2);
            s3 = Math.fma(a[aOffset + d + 3], b[bOffset + d + 3], s3);
        }
        if (d < length) {
            s0 = Math.fma(a[aOffset + d], b[bOffset + d], s0);
        }
        if (d + 1 < length) {
            s1 = Math.fma(a[aOffset + d + 1], b[bOffset + d + 1], s1);
        }
        if (d + 2 < length) {
            s2 = Math.fma(a[aOffset + d + 2], b[bOffset + d + 2], s2);
        }
        return (s0 + s1) + (s2 + s3);
    }
}
