package org.ryzanstein.backend.avx2;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;

/**
 * Products with one row of activations: what four ternary weights make of four activations is the sum of one subset less that
 * of another, and a permutation of {@link SubsetTables} looks up the subsets of sixteen weight rows at once. Tables of partial
 * sums in place of multiplications are T-MAC's idea (J. Wei et al., 2024, arXiv 2407.00088).
 *
 * <p>The two parts of the sums are added in 8 bits over four lookups (at most 4 * 31 either way), then in 16.
 */
final class NibbleSums {
    /** Weight rows that are multiplied together: two vectors. */
    private static final int STEP = 2 * Lanes.HALVES;

    private NibbleSums() {}

    /**
     * Sums over a chunk for a block of weight rows.
     *
     * @param weights bytes in (four weights, row) order, from {@code at} on
     * @param groups bytes of a row, a multiple of {@link NibbleShape#UNIT} and at most {@link NibbleShape#CHUNK}
     * @param sums receives {@link NibbleShape#ROWS} sums
     */
    static void sum(MemorySegment weights, long at, int groups, byte[] tables, int table, short[] sums) {
        for (int row = 0; row < NibbleShape.ROWS; row += STEP) {
            sumStep(weights, at + row, groups, tables, table, sums, row);
        }
    }

    /** One rolled loop: an inner one over the four lookups of a unit costs a third of the speed, unrolling it more. */
    private static void sumStep(
            MemorySegment weights, long at, int groups, byte[] tables, int table, short[] sums, int to) {
        ShortVector s0 = ShortVector.zero(Lanes.SHORTS);
        ShortVector s1 = s0;
        ByteVector low0 = ByteVector.zero(Lanes.BYTES_16);
        ByteVector high0 = low0;
        ByteVector low1 = low0;
        ByteVector high1 = low0;
        for (int g = 0; g < groups; g++) {
            ByteVector low = table(tables, table + g * SubsetTables.BYTES);
            ByteVector high = table(tables, table + g * SubsetTables.BYTES + Lanes.HALVES);
            ByteVector plus0 = load(weights, at + (long) g * NibbleShape.ROWS);
            ByteVector minus0 = highHalves(plus0);
            low0 = low0.add(plus0.selectFrom(low)).sub(minus0.selectFrom(low));
            high0 = high0.add(plus0.selectFrom(high)).sub(minus0.selectFrom(high));
            ByteVector plus1 = load(weights, at + (long) g * NibbleShape.ROWS + Lanes.HALVES);
            ByteVector minus1 = highHalves(plus1);
            low1 = low1.add(plus1.selectFrom(low)).sub(minus1.selectFrom(low));
            high1 = high1.add(plus1.selectFrom(high)).sub(minus1.selectFrom(high));
            if ((g & (NibbleShape.UNIT - 1)) == NibbleShape.UNIT - 1) {
                s0 = s0.add(shorts(low0)).add(shorts(high0).lanewise(VectorOperators.LSHL, SubsetTables.LOW_BITS));
                s1 = s1.add(shorts(low1)).add(shorts(high1).lanewise(VectorOperators.LSHL, SubsetTables.LOW_BITS));
                low0 = ByteVector.zero(Lanes.BYTES_16);
                high0 = low0;
                low1 = low0;
                high1 = low0;
            }
        }
        s0.intoArray(sums, to);
        s1.intoArray(sums, to + Lanes.HALVES);
    }

    private static ByteVector table(byte[] tables, int at) {
        return ByteVector.fromArray(Lanes.BYTES_16, tables, at);
    }

    private static ByteVector load(MemorySegment weights, long at) {
        return ByteVector.fromMemorySegment(Lanes.BYTES_16, weights, at, ByteOrder.LITTLE_ENDIAN);
    }

    /** The high half of each byte in its low half; lookups see no more. AVX2 can't shift bytes. */
    private static ByteVector highHalves(ByteVector bytes) {
        return bytes.reinterpretAsShorts()
                .lanewise(VectorOperators.LSHR, NibbleShape.DIGITS)
                .reinterpretAsBytes();
    }

    private static ShortVector shorts(ByteVector bytes) {
        return (ShortVector) bytes.convertShape(VectorOperators.B2S, Lanes.SHORTS, 0);
    }

    /** Adds {@code count} sums to {@code totals[at ..]}, or puts them there if they are the first. */
    static void widen(short[] sums, int from, int[] totals, int at, int count, boolean first) {
        int i = 0;
        for (; i + Lanes.WORDS <= count; i += Lanes.WORDS) {
            IntVector sum = ints(ShortVector.fromArray(Lanes.SHORTS_8, sums, from + i));
            (first ? sum : sum.add(IntVector.fromArray(Lanes.INTS, totals, at + i))).intoArray(totals, at + i);
        }
        for (; i < count; i++) {
            totals[at + i] = first ? sums[from + i] : totals[at + i] + sums[from + i];
        }
    }

    private static IntVector ints(ShortVector sums) {
        return (IntVector) sums.convertShape(VectorOperators.S2I, Lanes.INTS, 0);
    }
}
