package org.ryzanstein.backend.__isa__;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import org.ryzanstein.backend.cpu.BlockLayout;

/**
 * The eight-bit scan of the output head: lanes are rows. The groups that are summed side by side lie far apart in memory, because the
 * processor reads ahead in each of them by itself; one group after the other would wait for memory at each page.
 */
final class HeadStreams {
    private static final int ROWS = BlockLayout.ROWS;
    private static final int PAIR = 2 * Lanes.WORDS;

    /** Pairs of vectors that hold the sums of one group: one or two. */
    private static final int PAIRS = ROWS / PAIR;

    /** Groups that are summed side by side. */
    static final int GROUPS = 4 / PAIRS;

    private HeadStreams() {}

    /**
     * Sums of byte * x for {@link #GROUPS} groups of 32 rows.
     *
     * @param at where the first group begins
     * @param stride bytes from one group to the next
     * @param x the bits of floats
     * @param out receives sums, shape (groups, 32), from {@code to} on
     */
    static void sum(MemorySegment memory, long at, long stride, int columns, int[] x, float[] out, int to) {
        FloatVector a = FloatVector.zero(Lanes.FLOATS);
        FloatVector b = a;
        FloatVector c = a;
        FloatVector d = a;
        FloatVector e = a;
        FloatVector f = a;
        FloatVector g = a;
        FloatVector h = a;
        long p = at;
        long q = p + stride * (1 / PAIRS) + 1 % PAIRS * PAIR;
        long r = p + stride * (2 / PAIRS);
        long s = p + stride * (3 / PAIRS) + 3 % PAIRS * PAIR;
        for (int k = 0; k < columns; k++) {
            FloatVector value =
                    Lanes.INT.cast(IntVector.broadcast(Lanes.INTS, x[k])).reinterpretAsFloats();
            a = Lanes.FLOAT
                    .cast(Lanes.WORD_BYTE
                            .cast(ByteVector.fromMemorySegment(Lanes.WORD_BYTES, memory, p, ByteOrder.LITTLE_ENDIAN))
                            .convertShape(VectorOperators.B2F, Lanes.FLOATS, 0))
                    .fma(value, a);
            b = Lanes.FLOAT
                    .cast(Lanes.WORD_BYTE
                            .cast(ByteVector.fromMemorySegment(
                                    Lanes.WORD_BYTES, memory, p + Lanes.WORDS, ByteOrder.LITTLE_ENDIAN))
                            .convertShape(VectorOperators.B2F, Lanes.FLOATS, 0))
                    .fma(value, b);
            c = Lanes.FLOAT
                    .cast(Lanes.WORD_BYTE
                            .cast(ByteVector.fromMemorySegment(Lanes.WORD_BYTES, memory, q, ByteOrder.LITTLE_ENDIAN))
                            .convertShape(VectorOperators.B2F, Lanes.FLOATS, 0))
                    .fma(value, c);
            d = Lanes.FLOAT
                    .cast(Lanes.WORD_BYTE
                            .cast(ByteVector.fromMemorySegment(
                                    Lanes.WORD_BYTES, memory, q + Lanes.WORDS, ByteOrder.LITTLE_ENDIAN))
                            .convertShape(VectorOperators.B2F, Lanes.FLOATS, 0))
                    .fma(value, d);
            e = Lanes.FLOAT
                    .cast(Lanes.WORD_BYTE
                            .cast(ByteVector.fromMemorySegment(Lanes.WORD_BYTES, memory, r, ByteOrder.LITTLE_ENDIAN))
                            .convertShape(VectorOperators.B2F, Lanes.FLOATS, 0))
                    .fma(value, e);
            f = Lanes.FLOAT
                    .cast(Lanes.WORD_BYTE
                            .cast(ByteVector.fromMemorySegment(
                                    Lanes.WORD_BYTES, memory, r + Lanes.WORDS, ByteOrder.LITTLE_ENDIAN))
                            .convertShape(VectorOperators.B2F, Lanes.FLOATS, 0))
                    .fma(value, f);
            g = Lanes.FLOAT
                    .cast(Lanes.WORD_BYTE
                            .cast(ByteVector.fromMemorySegment(Lanes.WORD_BYTES, memory, s, ByteOrder.LITTLE_ENDIAN))
                            .convertShape(VectorOperators.B2F, Lanes.FLOATS, 0))
                    .fma(value, g);
            h = Lanes.FLOAT
                    .cast(Lanes.WORD_BYTE
                            .cast(ByteVector.fromMemorySegment(
                                    Lanes.WORD_BYTES, memory, s + Lanes.WORDS, ByteOrder.LITTLE_ENDIAN))
                            .convertShape(VectorOperators.B2F, Lanes.FLOATS, 0))
                    .fma(value, h);
            p += ROWS;
            q += ROWS;
            r += ROWS;
            s += ROWS;
        }
        Lanes.FLOAT.cast(a).intoArray(out, to);
        Lanes.FLOAT.cast(b).intoArray(out, to + Lanes.WORDS);
        Lanes.FLOAT.cast(c).intoArray(out, to + 2 * Lanes.WORDS);
        Lanes.FLOAT.cast(d).intoArray(out, to + 3 * Lanes.WORDS);
        Lanes.FLOAT.cast(e).intoArray(out, to + 4 * Lanes.WORDS);
        Lanes.FLOAT.cast(f).intoArray(out, to + 5 * Lanes.WORDS);
        Lanes.FLOAT.cast(g).intoArray(out, to + 6 * Lanes.WORDS);
        Lanes.FLOAT.cast(h).intoArray(out, to + 7 * Lanes.WORDS);
    }
}
