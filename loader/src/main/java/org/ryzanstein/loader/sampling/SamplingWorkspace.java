package org.ryzanstein.loader.sampling;

import java.util.Arrays;
import org.ryzanstein.api.numerics.ContractMath;

/**
 * The tokens that are still in the running, and the steps that thin them out. One workspace serves all samplers of a thread,
 * one choice at a time; it grows with the first choices and allocates nothing afterwards.
 *
 * <p>Two decisions make it exact and fast. Weights, exp((logit - max) / temperature), are integers with 40 fractional bits:
 * their sums are exact, so no order of adding, no number of shards and no shortcut can change a result. (A token whose
 * probability is below 2^-40 of the best one's is never drawn.) And nothing is sorted: the entry at a given cumulative weight,
 * in falling order of the logits, is found by a radix search from the highest bits of the logit down, whose cost does not
 * depend on how the logits are distributed.
 */
public final class SamplingWorkspace {
    /** Largest vocabulary: with {@value} weights of at most 2^40 each, sums stay below 2^63. */
    static final int MAX_VOCABULARY = 1 << 22;

    private static final float WEIGHT_ONE = 0x1p40f;
    /** Below it, exp is less than 2^-40. */
    private static final float LOWEST_EXPONENT = -28f;

    /** The digits of a radix search, from high to low: 11, 11 and 10 bits. */
    private static final int[] SHIFTS = {21, 10, 0};

    private static final int[] DIGIT_MASKS = {0x7FF, 0x7FF, 0x3FF};

    // The entries, in an order where equal logits stand by rising id.
    private int[] ids = new int[0];
    private float[] logits = new float[0];
    private long[] weights = new long[0];
    private int count;
    private float max;
    private float temperature = 1f;

    private final long[] histogram = new long[0x800];

    /** An empty workspace; it grows to the vocabulary that it is used with. */
    public SamplingWorkspace() {}

    /** Takes all tokens of a vocabulary and returns their logits, which the caller may change before the first step. */
    float[] load(float[] vocabularyLogits, int length) {
        reserve(length);
        System.arraycopy(vocabularyLogits, 0, logits, 0, length);
        for (int i = 0; i < length; i++) {
            ids[i] = i;
        }
        return logits;
    }

    /** Takes candidates, sorted by falling logit, equal ones by rising id. */
    void load(int[] candidateIds, float[] candidateLogits, int length) {
        reserve(length);
        System.arraycopy(candidateIds, 0, ids, 0, length);
        System.arraycopy(candidateLogits, 0, logits, 0, length);
    }

    private void reserve(int length) {
        if (ids.length < length) {
            ids = new int[length];
            logits = new float[length];
            weights = new long[length];
        }
        count = length;
    }

    /** The token with the highest logit, the lowest id among equals. */
    int best() {
        return ids[Sampler.argmax(logits, count)];
    }

    /** Keeps the k best entries. */
    void topK(int k) {
        if (k >= count) {
            return;
        }
        Arrays.fill(weights, 0, count, 1L);
        keepThrough(indexAt(k - 1L));
    }

    /** Turns logits into weights and drops the entries without any. */
    void weigh(float byTemperature) {
        temperature = byTemperature;
        max = logits[Sampler.argmax(logits, count)];
        int kept = 0;
        for (int i = 0; i < count; i++) {
            float exponent = exponent(logits[i]);
            if (exponent >= LOWEST_EXPONENT) {
                long weight = (long) (ContractMath.exp(exponent) * WEIGHT_ONE);
                if (weight > 0) {
                    ids[kept] = ids[i];
                    logits[kept] = logits[i];
                    weights[kept] = weight;
                    kept++;
                }
            }
        }
        count = kept;
    }

    /** Subtracting before dividing keeps every exponent at or below 0, even for huge logits and tiny temperatures. */
    private float exponent(float logit) {
        return (logit - max) / temperature;
    }

    /** Keeps the fewest best entries whose weights reach the share p of all weights, at least one. */
    void topP(float p) {
        if (p >= 1f) {
            return;
        }
        long wanted = Math.max(1L, (long) Math.ceil((double) p * (double) total()));
        keepThrough(indexAt(wanted - 1));
    }

    /** Keeps the entries with at least the share p of the best one's probability. */
    void minP(float p) {
        if (p <= 0f) {
            return;
        }
        // Exponents never fall as logits rise; exp may, in its last bit, and would then leave a gap.
        float lowest = (float) StrictMath.log(p);
        int kept = 0;
        for (int i = 0; i < count; i++) {
            if (exponent(logits[i]) >= lowest) {
                move(i, kept++);
            }
        }
        count = kept;
    }

    /** The token at the point {@code randomBits / 2^64} of the cumulative distribution, in falling order of the logits. */
    int draw(long randomBits) {
        return ids[indexAt(Math.unsignedMultiplyHigh(randomBits, total()))];
    }

    private long total() {
        long sum = 0;
        for (int i = 0; i < count; i++) {
            sum += weights[i];
        }
        return sum;
    }

    /**
     * The entry that covers a point of the cumulative weight: the first in falling order with which the sum exceeds it.
     *
     * @param point from 0 to the total of the weights, excluded
     */
    private int indexAt(long point) {
        long rest = point;
        int prefix = 0;
        int mask = 0;
        for (int level = 0; level < SHIFTS.length; level++) {
            int shift = SHIFTS[level];
            int digitMask = DIGIT_MASKS[level];
            Arrays.fill(histogram, 0L);
            for (int i = 0; i < count; i++) {
                int key = fallingKey(logits[i]);
                if ((key & mask) == prefix) {
                    histogram[(key >>> shift) & digitMask] += weights[i];
                }
            }
            int digit = 0;
            while (rest >= histogram[digit]) {
                rest -= histogram[digit++];
            }
            prefix |= digit << shift;
            mask |= digitMask << shift;
        }
        for (int i = 0; i < count; i++) {
            if (fallingKey(logits[i]) == prefix) {
                rest -= weights[i];
                if (rest < 0) {
                    return i;
                }
            }
        }
        throw new IllegalStateException("point " + point + " lies beyond the weights of " + count + " entries");
    }

    /** Keeps the entries from the best one to that at {@code last}, in falling order. */
    private void keepThrough(int last) {
        int lastKey = fallingKey(logits[last]);
        int kept = 0;
        for (int i = 0; i < count; i++) {
            int order = Integer.compareUnsigned(fallingKey(logits[i]), lastKey);
            if (order < 0 || (order == 0 && i <= last)) {
                move(i, kept++);
            }
        }
        count = kept;
    }

    private void move(int from, int to) {
        ids[to] = ids[from];
        logits[to] = logits[from];
        weights[to] = weights[from];
    }

    /** Unsigned integers that rise as logits fall; both zeros are equal. */
    private static int fallingKey(float logit) {
        int bits = Float.floatToRawIntBits(logit + 0f);
        return ~(bits ^ ((bits >> 31) | Integer.MIN_VALUE));
    }
}
