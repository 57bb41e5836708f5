package org.ryzanstein.loader.sampling;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.ryzanstein.api.numerics.ContractMath;

/** The chain after the penalties as its documentation reads: boxed, fully sorted, in big integers. */
final class NaiveChain {
    private NaiveChain() {}

    record Entry(int id, float logit, float exponent, BigInteger weight) {}

    /** Tokens that can be drawn, with their weights, by falling logit. */
    static List<Entry> survivors(float[] logits, SamplingOptions options) {
        float max = Float.NEGATIVE_INFINITY;
        for (float logit : logits) {
            max = Math.max(max, logit);
        }
        List<Entry> entries = new ArrayList<>();
        for (int id = 0; id < logits.length; id++) {
            float exponent = (logits[id] - max) / options.temperature();
            long weight = (long) ((double) ContractMath.exp(exponent) * 0x1p40);
            entries.add(new Entry(id, logits[id] + 0f, exponent, BigInteger.valueOf(weight)));
        }
        entries.sort(Comparator.comparingDouble(Entry::logit).reversed().thenComparingInt(Entry::id));
        if (options.topK() > 0 && options.topK() < entries.size()) {
            entries = entries.subList(0, options.topK());
        }
        if (options.topP() < 1f) {
            double wanted = Math.ceil((double) options.topP() * total(entries).doubleValue());
            int keep = 1;
            while (total(entries.subList(0, keep)).doubleValue() < wanted) {
                keep++;
            }
            entries = entries.subList(0, keep);
        }
        if (options.minP() > 0f) {
            float lowest = (float) StrictMath.log(options.minP());
            entries = entries.stream().filter(e -> e.exponent() >= lowest).toList();
        }
        return entries.stream().filter(e -> e.weight().signum() > 0).toList();
    }

    static BigInteger total(List<Entry> entries) {
        return entries.stream().map(Entry::weight).reduce(BigInteger.ZERO, BigInteger::add);
    }

    static int choose(float[] logits, SamplingOptions options, int position) {
        List<Entry> entries = survivors(logits, options);
        BigInteger random = new BigInteger(Long.toUnsignedString(CounterRandom.bits(options.seed(), position, 0)));
        BigInteger point = random.multiply(total(entries)).shiftRight(64);
        BigInteger sum = BigInteger.ZERO;
        for (Entry entry : entries) {
            sum = sum.add(entry.weight());
            if (sum.compareTo(point) > 0) {
                return entry.id();
            }
        }
        throw new AssertionError("nothing to draw from");
    }
}
