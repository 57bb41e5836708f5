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
    private NibbleSums() {}

    /**
     * Sums over a chunk for a block of weight rows.
     *
     * <p>The high half of a byte comes into its low half by a shift of 16 bits; lookups see no more. One rolled loop: an inner one
     * over the four lookups of a unit costs a third of the speed. And the distance of the groups is a parameter: were it a
     * constant, the compiler would unroll the loop, and weights would come from memory at half the speed.
     *
     * @param weights bytes in (four weights, row) order, from {@code at} on
     * @param stride {@link NibbleShape#ROWS}
     * @param groups bytes of a row, a multiple of {@link NibbleShape#UNIT} and at most {@link NibbleShape#CHUNK}
     * @param tables {@link SubsetTables} of each of them
     * @param sums receives {@link NibbleShape#ROWS} sums
     */
    static void sum(MemorySegment weights, long at, int stride, int groups, byte[] tables, short[] sums) {
        ShortVector s0 = ShortVector.zero(Lanes.SHORTS);
        ShortVector s1 = s0;
        ShortVector h0 = s0;
        ShortVector h1 = s0;
        ByteVector low0 = ByteVector.zero(Lanes.BYTES_16);
        ByteVector high0 = low0;
        ByteVector low1 = low0;
        ByteVector high1 = low0;
        for (int g = 0; g < groups; g++) {
            ByteVector low = ByteVector.fromArray(Lanes.BYTES_16, tables, g * SubsetTables.BYTES);
            ByteVector high = ByteVector.fromArray(Lanes.BYTES_16, tables, g * SubsetTables.BYTES + Lanes.HALVES);
            ByteVector plus0 = Lanes.BYTE_16.cast(ByteVector.fromMemorySegment(
                    Lanes.BYTES_16, weights, at + (long) g * stride, ByteOrder.LITTLE_ENDIAN));
            ByteVector minus0 = Lanes.BYTE_16.cast(Lanes.WORD_SHORT
                    .cast(Lanes.WORD_SHORT
                            .cast(plus0.reinterpretAsShorts())
                            .lanewise(VectorOperators.LSHR, NibbleShape.DIGITS))
                    .reinterpretAsBytes());
            low0 = Lanes.BYTE_16
                    .cast(low0)
                    .add(Lanes.BYTE_16.cast(plus0.selectFrom(low)).sub(minus0.selectFrom(low)));
            high0 = Lanes.BYTE_16
                    .cast(high0)
                    .add(Lanes.BYTE_16.cast(plus0.selectFrom(high)).sub(minus0.selectFrom(high)));
            ByteVector plus1 = Lanes.BYTE_16.cast(ByteVector.fromMemorySegment(
                    Lanes.BYTES_16, weights, at + (long) g * stride + Lanes.HALVES, ByteOrder.LITTLE_ENDIAN));
            ByteVector minus1 = Lanes.BYTE_16.cast(Lanes.WORD_SHORT
                    .cast(Lanes.WORD_SHORT
                            .cast(plus1.reinterpretAsShorts())
                            .lanewise(VectorOperators.LSHR, NibbleShape.DIGITS))
                    .reinterpretAsBytes());
            low1 = Lanes.BYTE_16
                    .cast(low1)
                    .add(Lanes.BYTE_16.cast(plus1.selectFrom(low)).sub(minus1.selectFrom(low)));
            high1 = Lanes.BYTE_16
                    .cast(high1)
                    .add(Lanes.BYTE_16.cast(plus1.selectFrom(high)).sub(minus1.selectFrom(high)));
            if ((g & (NibbleShape.UNIT - 1)) == NibbleShape.UNIT - 1) {
                s0 = Lanes.SHORT
                        .cast(s0)
                        .add(Lanes.BYTE_16.cast(low0).convertShape(VectorOperators.B2S, Lanes.SHORTS, 0));
                h0 = Lanes.SHORT
                        .cast(h0)
                        .add(Lanes.BYTE_16.cast(high0).convertShape(VectorOperators.B2S, Lanes.SHORTS, 0));
                s1 = Lanes.SHORT
                        .cast(s1)
                        .add(Lanes.BYTE_16.cast(low1).convertShape(VectorOperators.B2S, Lanes.SHORTS, 0));
                h1 = Lanes.SHORT
                        .cast(h1)
                        .add(Lanes.BYTE_16.cast(high1).convertShape(VectorOperators.B2S, Lanes.SHORTS, 0));
                low0 = ByteVector.zero(Lanes.BYTES_16);
                high0 = low0;
                low1 = low0;
                high1 = low0;
            }
        }
        Lanes.SHORT
                .cast(Lanes.SHORT
                        .cast(s0)
                        .add(Lanes.SHORT.cast(h0).lanewise(VectorOperators.LSHL, SubsetTables.LOW_BITS)))
                .intoArray(sums, 0);
        Lanes.SHORT
                .cast(Lanes.SHORT
                        .cast(s1)
                        .add(Lanes.SHORT.cast(h1).lanewise(VectorOperators.LSHL, SubsetTables.LOW_BITS)))
                .intoArray(sums, Lanes.HALVES);
    }

    /** Adds {@code count} sums to {@code totals[at ..]}, or puts them there if they are the first. */
    static void widen(short[] sums, int[] totals, int at, int count, boolean first) {
        int i = 0;
        if (first) {
            for (; i + Lanes.WORDS <= count; i += Lanes.WORDS) {
                Lanes.INT
                        .cast(Lanes.WORD_SHORT
                                .cast(ShortVector.fromArray(Lanes.WORD_SHORTS, sums, i))
                                .convertShape(VectorOperators.S2I, Lanes.INTS, 0))
                        .intoArray(totals, at + i);
            }
            for (; i < count; i++) {
                totals[at + i] = sums[i];
            }
            return;
        }
        for (; i + Lanes.WORDS <= count; i += Lanes.WORDS) {
            Lanes.INT
                    .cast(Lanes.INT
                            .cast(IntVector.fromArray(Lanes.INTS, totals, at + i))
                            .add(Lanes.WORD_SHORT
                                    .cast(ShortVector.fromArray(Lanes.WORD_SHORTS, sums, i))
                                    .convertShape(VectorOperators.S2I, Lanes.INTS, 0)))
                    .intoArray(totals, at + i);
        }
        for (; i < count; i++) {
            totals[at + i] += sums[i];
        }
    }
}
