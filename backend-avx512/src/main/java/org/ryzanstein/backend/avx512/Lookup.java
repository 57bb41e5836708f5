package org.ryzanstein.backend.avx512;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

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

    private static final VectorSpecies<Short> HALF_SHORTS = ShortVector.SPECIES_256;

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
        buildWholeTables(digits, at, from, whole, tables);
        int column = whole * LookupShape.DIGITS;
        if (from <= whole && whole < to && column < columns) {
            int second = column + 1 < columns ? digits[at + column + 1] : 0;
            buildTable(digits[at + column], second, 0, tables, (whole - from) * TABLE);
        }
    }

    private static void buildWholeTables(byte[] digits, int at, int from, int to, short[] tables) {
        for (int i = from; i < to; i++) {
            int d = at + i * LookupShape.DIGITS;
            buildTable(digits[d], digits[d + 1], digits[d + 2], tables, (i - from) * TABLE);
        }
    }

    private static void buildTable(int first, int second, int third, short[] tables, int to) {
        ShortVector a = weights(FIRST).mul((short) first);
        ShortVector b = weights(SECOND).mul((short) second);
        ShortVector c = weights(THIRD).mul((short) third);
        a.add(b).add(c).intoArray(tables, to);
    }

    private static ShortVector weights(short[] digitWeights) {
        return ShortVector.fromArray(Lanes.SHORTS, digitWeights, 0);
    }

    /**
     * Sums over a chunk for 128 weight rows and one row of activations.
     *
     * @param words four streams of the chunk's words, each of shape (words, 32) from {@code at} on
     * @param stream bytes from one stream to the next
     * @param sums receives 128 sums
     */
    static void sumOne(MemorySegment words, long at, long stream, int count, short[] tables, int table, short[] sums) {
        ShortVector s0 = ShortVector.zero(Lanes.SHORTS);
        ShortVector s1 = s0;
        ShortVector s2 = s0;
        ShortVector s3 = s0;
        long w0 = at;
        long w1 = at + stream;
        long w2 = w1 + stream;
        long w3 = w2 + stream;
        int t = table;
        for (int i = 0; i < count; i++) {
            ShortVector a = load(tables, t);
            ShortVector b = load(tables, t + Lanes.HALVES);
            ShortVector c = load(tables, t + 2 * Lanes.HALVES);
            s0 = s0.add(lookUp(load(words, w0), a, b, c));
            s1 = s1.add(lookUp(load(words, w1), a, b, c));
            s2 = s2.add(lookUp(load(words, w2), a, b, c));
            s3 = s3.add(lookUp(load(words, w3), a, b, c));
            w0 += WORD_BYTES;
            w1 += WORD_BYTES;
            w2 += WORD_BYTES;
            w3 += WORD_BYTES;
            t += WORD_TABLES;
        }
        s0.intoArray(sums, 0);
        s1.intoArray(sums, Lanes.HALVES);
        s2.intoArray(sums, 2 * Lanes.HALVES);
        s3.intoArray(sums, 3 * Lanes.HALVES);
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
            int table,
            short[] sums,
            short[] otherSums,
            int to) {
        ShortVector s0 = ShortVector.zero(Lanes.SHORTS);
        ShortVector s1 = s0;
        ShortVector s2 = s0;
        ShortVector s3 = s0;
        long w0 = at;
        long w1 = at + stream;
        int t = table;
        for (int i = 0; i < count; i++) {
            ShortVector x = load(words, w0);
            ShortVector y = load(words, w1);
            ShortVector a = load(tables, t);
            ShortVector b = load(tables, t + Lanes.HALVES);
            ShortVector c = load(tables, t + 2 * Lanes.HALVES);
            s0 = s0.add(lookUp(x, a, b, c));
            s1 = s1.add(lookUp(y, a, b, c));
            a = load(others, t);
            b = load(others, t + Lanes.HALVES);
            c = load(others, t + 2 * Lanes.HALVES);
            s2 = s2.add(lookUp(x, a, b, c));
            s3 = s3.add(lookUp(y, a, b, c));
            w0 += WORD_BYTES;
            w1 += WORD_BYTES;
            t += WORD_TABLES;
        }
        s0.intoArray(sums, to);
        s1.intoArray(sums, to + Lanes.HALVES);
        s2.intoArray(otherSums, to);
        s3.intoArray(otherSums, to + Lanes.HALVES);
    }

    private static ShortVector load(MemorySegment words, long at) {
        return ShortVector.fromMemorySegment(Lanes.SHORTS, words, at, ByteOrder.LITTLE_ENDIAN);
    }

    private static ShortVector load(short[] array, int at) {
        return ShortVector.fromArray(Lanes.SHORTS, array, at);
    }

    /** The sums that 32 words stand for. Lookups see the low five bits of each index. */
    private static ShortVector lookUp(ShortVector words, ShortVector a, ShortVector b, ShortVector c) {
        ShortVector second = words.lanewise(VectorOperators.LSHR, LookupShape.INDEX_BITS);
        ShortVector third = words.lanewise(VectorOperators.LSHR, 2 * LookupShape.INDEX_BITS);
        return words.selectFrom(a).add(second.selectFrom(b)).add(third.selectFrom(c));
    }

    /** Adds {@code count} sums to {@code totals[at ..]}, or puts them there if they are the first. */
    static void widen(short[] sums, int[] totals, int at, int count, boolean first) {
        int i = 0;
        for (; i + Lanes.WORDS <= count; i += Lanes.WORDS) {
            IntVector sum = ints(ShortVector.fromArray(HALF_SHORTS, sums, i));
            (first ? sum : sum.add(IntVector.fromArray(Lanes.INTS, totals, at + i))).intoArray(totals, at + i);
        }
        if (i < count) {
            VectorMask<Integer> inside = Lanes.INTS.indexInRange(i, count);
            IntVector sum = ints(ShortVector.fromArray(HALF_SHORTS, sums, i));
            (first ? sum : sum.add(IntVector.fromArray(Lanes.INTS, totals, at + i, inside)))
                    .intoArray(totals, at + i, inside);
        }
    }

    private static IntVector ints(ShortVector sums) {
        return (IntVector) sums.convertShape(VectorOperators.S2I, Lanes.INTS, 0);
    }
}
