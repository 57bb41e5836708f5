package org.ryzanstein.backend.avx512;

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

    private HeadStreams() {}

    /**
     * Sums of byte * x for four groups of 32 rows.
     *
     * @param at where the first group begins
     * @param stride bytes from one group to the next
     * @param x the bits of floats
     * @param out receives (4, 32) sums
     */
    static void sum(MemorySegment memory, long at, long stride, int columns, int[] x, float[] out) {
        FloatVector a = FloatVector.zero(Lanes.FLOATS);
        FloatVector b = a;
        FloatVector c = a;
        FloatVector d = a;
        FloatVector e = a;
        FloatVector f = a;
        FloatVector g = a;
        FloatVector h = a;
        long p = at;
        long q = p + stride;
        long r = q + stride;
        long s = r + stride;
        for (int k = 0; k < columns; k++) {
            FloatVector value = IntVector.broadcast(Lanes.INTS, x[k]).reinterpretAsFloats();
            a = ByteVector.fromMemorySegment(Lanes.BYTES_16, memory, p, ByteOrder.LITTLE_ENDIAN)
                    .convertShape(VectorOperators.B2F, Lanes.FLOATS, 0)
                    .reinterpretAsFloats()
                    .fma(value, a);
            b = ByteVector.fromMemorySegment(Lanes.BYTES_16, memory, p + Lanes.WORDS, ByteOrder.LITTLE_ENDIAN)
                    .convertShape(VectorOperators.B2F, Lanes.FLOATS, 0)
                    .reinterpretAsFloats()
                    .fma(value, b);
            c = ByteVector.fromMemorySegment(Lanes.BYTES_16, memory, q, ByteOrder.LITTLE_ENDIAN)
                    .convertShape(VectorOperators.B2F, Lanes.FLOATS, 0)
                    .reinterpretAsFloats()
                    .fma(value, c);
            d = ByteVector.fromMemorySegment(Lanes.BYTES_16, memory, q + Lanes.WORDS, ByteOrder.LITTLE_ENDIAN)
                    .convertShape(VectorOperators.B2F, Lanes.FLOATS, 0)
                    .reinterpretAsFloats()
                    .fma(value, d);
            e = ByteVector.fromMemorySegment(Lanes.BYTES_16, memory, r, ByteOrder.LITTLE_ENDIAN)
                    .convertShape(VectorOperators.B2F, Lanes.FLOATS, 0)
                    .reinterpretAsFloats()
                    .fma(value, e);
            f = ByteVector.fromMemorySegment(Lanes.BYTES_16, memory, r + Lanes.WORDS, ByteOrder.LITTLE_ENDIAN)
                    .convertShape(VectorOperators.B2F, Lanes.FLOATS, 0)
                    .reinterpretAsFloats()
                    .fma(value, f);
            g = ByteVector.fromMemorySegment(Lanes.BYTES_16, memory, s, ByteOrder.LITTLE_ENDIAN)
                    .convertShape(VectorOperators.B2F, Lanes.FLOATS, 0)
                    .reinterpretAsFloats()
                    .fma(value, g);
            h = ByteVector.fromMemorySegment(Lanes.BYTES_16, memory, s + Lanes.WORDS, ByteOrder.LITTLE_ENDIAN)
                    .convertShape(VectorOperators.B2F, Lanes.FLOATS, 0)
                    .reinterpretAsFloats()
                    .fma(value, h);
            p += ROWS;
            q += ROWS;
            r += ROWS;
            s += ROWS;
        }
        a.intoArray(out, 0);
        b.intoArray(out, Lanes.WORDS);
        c.intoArray(out, 2 * Lanes.WORDS);
        d.intoArray(out, 3 * Lanes.WORDS);
        e.intoArray(out, 4 * Lanes.WORDS);
        f.intoArray(out, 5 * Lanes.WORDS);
        g.intoArray(out, 6 * Lanes.WORDS);
        h.intoArray(out, 7 * Lanes.WORDS);
    }
}
