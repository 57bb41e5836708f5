package org.ryzanstein.backend.avx2;

import java.util.Arrays;
import org.ryzanstein.api.kernel.StepBatch;
import org.ryzanstein.api.numerics.ContractMath;
import org.ryzanstein.backend.cpu.AttentionKernel;
import org.ryzanstein.backend.cpu.PagedKvCache;

/**
 * Attention of one query head over one sequence's cache. Lanes are neighbouring positions where keys are scored, for which keys
 * lie in (dimension, position) order, and neighbouring elements where values are summed: so each sum keeps the contract's
 * order, and none is taken across lanes. All scores are kept, so that each block's sums can be scaled and merged as soon as
 * they are complete.
 */
final class Attention implements AttentionKernel {
    private final PagedKvCache cache;
    private final int layer;
    private final int headDimension;
    private final int page;
    private final float scale;
    private float[] scores = new float[ContractMath.BLOCK];
    private float[] blockMax = new float[1];
    private final float[] weights = new float[ContractMath.BLOCK];
    private final Exponential exponential = new Exponential();
    private final float[] blockOut;

    /** Scratch and parameters of one thread. */
    Attention(PagedKvCache cache, int layer, float scale) {
        this.cache = cache;
        this.layer = layer;
        this.headDimension = cache.spec().headDimension();
        this.page = cache.spec().blockPositions();
        this.scale = scale;
        this.blockOut = new float[headDimension];
    }

    @Override
    public boolean run(
            StepBatch batch, int slot, int position, int kvHead, float[] q, int qOffset, float[] out, int outOffset) {
        int length = position + 1;
        int blocks = Math.ceilDiv(length, ContractMath.BLOCK);
        makeRoom(blocks);
        boolean finite = scoreAll(batch, slot, length, kvHead, q, qOffset);
        Arrays.fill(out, outOffset, outOffset + headDimension, 0f);
        if (!finite) {
            return false;
        }
        float max = Float.NEGATIVE_INFINITY;
        for (int b = 0; b < blocks; b++) {
            max = Math.max(max, blockMax[b]);
        }
        float denominator = 0f;
        for (int b = 0; b < blocks; b++) {
            int from = b * ContractMath.BLOCK;
            float sum = sumBlock(batch, slot, from, Math.min(length, from + ContractMath.BLOCK), kvHead, blockMax[b]);
            float factor = ContractMath.exp(blockMax[b] - max);
            denominator = Math.fma(sum, factor, denominator);
            AttentionKernels.addScaled(out, outOffset, blockOut, factor, headDimension);
        }
        AttentionKernels.scale(out, outOffset, 1f / denominator, headDimension);
        return true;
    }

    private void makeRoom(int blocks) {
        if (blockMax.length < blocks) {
            int grown = Math.max(blocks, 2 * blockMax.length);
            blockMax = new float[grown];
            scores = new float[Math.multiplyExact(grown, ContractMath.BLOCK)];
        }
    }

    /** Fills scores and block maxima; false if a score is not finite. */
    private boolean scoreAll(StepBatch batch, int slot, int length, int kvHead, float[] q, int qOffset) {
        for (int start = 0; start < length; start += page) {
            float[] keys = cache.block(batch, slot, start);
            scorePage(keys, cache.headIndex(layer, kvHead), Math.min(page, length - start), q, qOffset, start);
        }
        boolean finite = true;
        for (int start = 0, b = 0; start < length; start += ContractMath.BLOCK, b++) {
            int count = Math.min(ContractMath.BLOCK, length - start);
            blockMax[b] = AttentionKernels.max(scores, start, count);
            finite &= AttentionKernels.allFinite(scores, start, count);
        }
        return finite;
    }

    /** Scores the first positions of a page; whole vectors may score positions beyond them, which nothing reads. */
    private void scorePage(float[] keys, int head, int count, float[] q, int qOffset, int start) {
        if (page < Lanes.WORDS || headDimension % AttentionKernels.ACCUMULATORS != 0) {
            AttentionKernels.scoreOneByOne(keys, head, page, q, qOffset, headDimension, scale, scores, start, count);
            return;
        }
        for (int p = 0; p < count; p += Lanes.WORDS) {
            AttentionKernels.score(keys, head + p, page, q, qOffset, headDimension, scale, scores, start + p);
        }
    }

    /** Weighted sum of a block's values into {@link #blockOut}; returns the sum of the weights. */
    private float sumBlock(StepBatch batch, int slot, int from, int to, int kvHead, float max) {
        int count = to - from;
        AttentionKernels.subtract(scores, from, count, max, weights);
        exponential.applyTo(weights, count);
        Arrays.fill(blockOut, 0f);
        for (int start = from; start < to; start += page) {
            float[] values = cache.block(batch, slot, start);
            int first = cache.valueIndex(layer, kvHead, start);
            int positions = Math.min(page, to - start);
            AttentionKernels.addWeighted(blockOut, values, first, headDimension, weights, start - from, positions);
        }
        float sum = 0f;
        for (int i = 0; i < count; i++) {
            sum += weights[i];
        }
        return sum;
    }
}
