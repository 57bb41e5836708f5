package org.ryzanstein.backend.avx512;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;

/**
 * Products with one or two rows of activations. For every three activations there is a table of the 27 sums that three ternary
 * weights can make of them, in the 32 16-bit lanes of one register; a permutation looks up 32 weight rows at once. Tables of
 * partial sums in place of multiplications are T-MAC's idea (J. Wei et al., 2024, arXiv 2407.00088).
 */
final class Lookup {
    /** Weight rows that are multiplied together: four vectors. */
    static final int ROWS = 4 * Lanes.HALVES;

    /** Lanes of a table. */
    static final int TABLE = Lanes.HALVES;

    /** Bytes of one word of each of 32 rows. */
    static final int WORD_BYTES = TABLE * Short.BYTES;

    /** A word. */
    static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT.withOrder(ByteOrder.LITTLE_ENDIAN);

    /** Lanes of a word's tables. */
    private static final int WORD_TABLES = LookupShape.INDEXES * TABLE;

    /** The weight that each digit of an index stands for, one array for each of the three. */
    private static final short[] FIRST = digitWeights(1);

    private static final short[] SECOND = digitWeights(3);
    private static final short[] THIRD = digitWeights(9);

    private Lookup() {}

    private static short[] digitWeights(int divisor) {
        short[] weights = new short[Lanes.HALVES];
        for (int i = 0; i < LookupShape.ENTRIES; i++) {
            weights[i] = (short) (i / divisor % 3 - 1);
        }
        return weights;
    }

    /**
     * Builds tables of a row of digits. Those beyond the row's end stay as they are: the weights there are zero, which all
     * tables, an empty one too, turn into zero.
     *
     * @param columns digits of the row, from {@code at} on
     * @param from first table to be built, which goes to {@code tables[0]}
     * @param to end of the tables to be built
     */
    static void buildTables(byte[] digits, int at, int columns, int from, int to, short[] tables) {
        int whole = Math.min(to, columns / LookupShape.DIGITS);
        ShortVector first = Lanes.SHORT.cast(ShortVector.fromArray(Lanes.SHORTS, FIRST, 0));
        ShortVector second = Lanes.SHORT.cast(ShortVector.fromArray(Lanes.SHORTS, SECOND, 0));
        ShortVector third = Lanes.SHORT.cast(ShortVector.fromArray(Lanes.SHORTS, THIRD, 0));
        for (int i = from; i < whole; i++) {
            int d = at + i * LookupShape.DIGITS;
            ShortVector a = Lanes.SHORT.cast(first.mul((short) digits[d]));
            ShortVector b = second.mul((short) digits[d + 1]);
            ShortVector c = third.mul((short) digits[d + 2]);
            Lanes.SHORT.cast(Lanes.SHORT.cast(a.add(b)).add(c)).intoArray(tables, (i - from) * TABLE);
        }
        int column = whole * LookupShape.DIGITS;
        if (from <= whole && whole < to && column < columns) {
            int last = column + 1 < columns ? digits[at + column + 1] : 0;
            for (int i = 0; i < TABLE; i++) {
                tables[(whole - from) * TABLE + i] = (short) (digits[at + column] * FIRST[i] + last * SECOND[i]);
            }
        }
    }

    /**
     * Sums over a chunk for 128 weight rows and one row of activations.
     *
     * @param words four streams of the chunk's words, each of shape (words, 32) from {@code at} on
     * @param stream bytes from one stream to the next
     * @param sums receives 128 sums
     */
    static void sumOne(MemorySegment words, long at, long stream, int count, short[] tables, short[] sums) {
        ShortVector s0 = ShortVector.zero(Lanes.SHORTS);
        ShortVector s1 = s0;
        ShortVector s2 = s0;
        ShortVector s3 = s0;
        long w0 = at;
        long w1 = at + stream;
        long w2 = w1 + stream;
        long w3 = w2 + stream;
        int t = 0;
        for (int i = 0; i < count; i++) {
            ShortVector a = ShortVector.fromArray(Lanes.SHORTS, tables, t);
            ShortVector b = ShortVector.fromArray(Lanes.SHORTS, tables, t + Lanes.HALVES);
            ShortVector c = ShortVector.fromArray(Lanes.SHORTS, tables, t + 2 * Lanes.HALVES);
            // Lookups see the low five bits of each index.
            ShortVector word =
                    Lanes.SHORT.cast(ShortVector.fromMemorySegment(Lanes.SHORTS, words, w0, ByteOrder.LITTLE_ENDIAN));
            s0 = Lanes.SHORT
                    .cast(Lanes.SHORT
                            .cast(Lanes.SHORT.cast(s0).add(word.selectFrom(a)))
                            .add(Lanes.SHORT
                                    .cast(word.lanewise(VectorOperators.LSHR, LookupShape.INDEX_BITS))
                                    .selectFrom(b)))
                    .add(Lanes.SHORT
                            .cast(word.lanewise(VectorOperators.LSHR, 2 * LookupShape.INDEX_BITS))
                            .selectFrom(c));
            word = Lanes.SHORT.cast(ShortVector.fromMemorySegment(Lanes.SHORTS, words, w1, ByteOrder.LITTLE_ENDIAN));
            s1 = Lanes.SHORT
                    .cast(Lanes.SHORT
                            .cast(Lanes.SHORT.cast(s1).add(word.selectFrom(a)))
                            .add(Lanes.SHORT
                                    .cast(word.lanewise(VectorOperators.LSHR, LookupShape.INDEX_BITS))
                                    .selectFrom(b)))
                    .add(Lanes.SHORT
                            .cast(word.lanewise(VectorOperators.LSHR, 2 * LookupShape.INDEX_BITS))
                            .selectFrom(c));
            word = Lanes.SHORT.cast(ShortVector.fromMemorySegment(Lanes.SHORTS, words, w2, ByteOrder.LITTLE_ENDIAN));
            s2 = Lanes.SHORT
                    .cast(Lanes.SHORT
                            .cast(Lanes.SHORT.cast(s2).add(word.selectFrom(a)))
                            .add(Lanes.SHORT
                                    .cast(word.lanewise(VectorOperators.LSHR, LookupShape.INDEX_BITS))
                                    .selectFrom(b)))
                    .add(Lanes.SHORT
                            .cast(word.lanewise(VectorOperators.LSHR, 2 * LookupShape.INDEX_BITS))
                            .selectFrom(c));
            word = Lanes.SHORT.cast(ShortVector.fromMemorySegment(Lanes.SHORTS, words, w3, ByteOrder.LITTLE_ENDIAN));
            s3 = Lanes.SHORT
                    .cast(Lanes.SHORT
                            .cast(Lanes.SHORT.cast(s3).add(word.selectFrom(a)))
                            .add(Lanes.SHORT
                                    .cast(word.lanewise(VectorOperators.LSHR, LookupShape.INDEX_BITS))
                                    .selectFrom(b)))
                    .add(Lanes.SHORT
                            .cast(word.lanewise(VectorOperators.LSHR, 2 * LookupShape.INDEX_BITS))
                            .selectFrom(c));
            w0 += WORD_BYTES;
            w1 += WORD_BYTES;
            w2 += WORD_BYTES;
            w3 += WORD_BYTES;
            t += WORD_TABLES;
        }
        Lanes.SHORT.cast(s0).intoArray(sums, 0);
        Lanes.SHORT.cast(s1).intoArray(sums, Lanes.HALVES);
        Lanes.SHORT.cast(s2).intoArray(sums, 2 * Lanes.HALVES);
        Lanes.SHORT.cast(s3).intoArray(sums, 3 * Lanes.HALVES);
    }

    /**
     * Sums over a chunk for 64 weight rows and two rows of activations.
     *
     * @param words two streams of the chunk's words, each of shape (words, 32) from {@code at} on
     * @param stream bytes from one stream to the next
     * @param tables tables of the first row of activations
     * @param others tables of the second
     * @param sums receives 64 sums of the first, from {@code to} on
     * @param otherSums receives those of the second
     */
    static void sumTwo(
            MemorySegment words,
            long at,
            long stream,
            int count,
            short[] tables,
            short[] others,
            short[] sums,
            short[] otherSums,
            int to) {
        ShortVector s0 = ShortVector.zero(Lanes.SHORTS);
        ShortVector s1 = s0;
        ShortVector s2 = s0;
        ShortVector s3 = s0;
        long w0 = at;
        long w1 = at + stream;
        int t = 0;
        for (int i = 0; i < count; i++) {
            // Lookups see the low five bits of each index.
            ShortVector x =
                    Lanes.SHORT.cast(ShortVector.fromMemorySegment(Lanes.SHORTS, words, w0, ByteOrder.LITTLE_ENDIAN));
            ShortVector y =
                    Lanes.SHORT.cast(ShortVector.fromMemorySegment(Lanes.SHORTS, words, w1, ByteOrder.LITTLE_ENDIAN));
            ShortVector x2 = Lanes.SHORT.cast(x.lanewise(VectorOperators.LSHR, LookupShape.INDEX_BITS));
            ShortVector y2 = Lanes.SHORT.cast(y.lanewise(VectorOperators.LSHR, LookupShape.INDEX_BITS));
            ShortVector x3 = Lanes.SHORT.cast(x.lanewise(VectorOperators.LSHR, 2 * LookupShape.INDEX_BITS));
            ShortVector y3 = Lanes.SHORT.cast(y.lanewise(VectorOperators.LSHR, 2 * LookupShape.INDEX_BITS));
            ShortVector a = ShortVector.fromArray(Lanes.SHORTS, tables, t);
            ShortVector b = ShortVector.fromArray(Lanes.SHORTS, tables, t + Lanes.HALVES);
            ShortVector c = ShortVector.fromArray(Lanes.SHORTS, tables, t + 2 * Lanes.HALVES);
            s0 = Lanes.SHORT
                    .cast(Lanes.SHORT
                            .cast(Lanes.SHORT.cast(s0).add(x.selectFrom(a)))
                            .add(x2.selectFrom(b)))
                    .add(x3.selectFrom(c));
            s1 = Lanes.SHORT
                    .cast(Lanes.SHORT
                            .cast(Lanes.SHORT.cast(s1).add(y.selectFrom(a)))
                            .add(y2.selectFrom(b)))
                    .add(y3.selectFrom(c));
            a = ShortVector.fromArray(Lanes.SHORTS, others, t);
            b = ShortVector.fromArray(Lanes.SHORTS, others, t + Lanes.HALVES);
            c = ShortVector.fromArray(Lanes.SHORTS, others, t + 2 * Lanes.HALVES);
            s2 = Lanes.SHORT
                    .cast(Lanes.SHORT
                            .cast(Lanes.SHORT.cast(s2).add(x.selectFrom(a)))
                            .add(x2.selectFrom(b)))
                    .add(x3.selectFrom(c));
            s3 = Lanes.SHORT
                    .cast(Lanes.SHORT
                            .cast(Lanes.SHORT.cast(s3).add(y.selectFrom(a)))
                            .add(y2.selectFrom(b)))
                    .add(y3.selectFrom(c));
            w0 += WORD_BYTES;
            w1 += WORD_BYTES;
            t += WORD_TABLES;
        }
        Lanes.SHORT.cast(s0).intoArray(sums, to);
        Lanes.SHORT.cast(s1).intoArray(sums, to + Lanes.HALVES);
        Lanes.SHORT.cast(s2).intoArray(otherSums, to);
        Lanes.SHORT.cast(s3).intoArray(otherSums, to + Lanes.HALVES);
    }

    /** Adds {@code count} sums to {@code totals[at ..]}, or puts them there if they are the first. */
    static void widen(short[] sums, int[] totals, int at, int count, boolean first) {
        int i = 0;
        if (first) {
            for (; i + Lanes.WORDS <= count; i += Lanes.WORDS) {
                ShortVector sum = Lanes.WORD_SHORT.cast(ShortVector.fromArray(Lanes.WORD_SHORTS, sums, i));
                Lanes.INT
                        .cast(sum.convertShape(VectorOperators.S2I, Lanes.INTS, 0))
                        .intoArray(totals, at + i);
            }
            for (; i < count; i++) {
                totals[at + i] = sums[i];
            }
            return;
        }
        for (; i + Lanes.WORDS <= count; i += Lanes.WORDS) {
            ShortVector sum = Lanes.WORD_SHORT.cast(ShortVector.fromArray(Lanes.WORD_SHORTS, sums, i));
            Lanes.INT
                    .cast(Lanes.INT
                            .cast(IntVector.fromArray(Lanes.INTS, totals, at + i))
                            .add(sum.convertShape(VectorOperators.S2I, Lanes.INTS, 0)))
                    .intoArray(totals, at + i);
        }
        for (; i < count; i++) {
            totals[at + i] += sums[i];
        }
    }
}
