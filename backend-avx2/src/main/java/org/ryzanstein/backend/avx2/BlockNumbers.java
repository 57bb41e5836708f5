package org.ryzanstein.backend.avx2;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import org.ryzanstein.api.weight.BlockForm.Parts;
import org.ryzanstein.backend.cpu.BlockLayout;

/** From integer sums and the numbers of a block to its part of a product; lanes are rows. */
final class BlockNumbers {
    private static final int ROWS = BlockLayout.ROWS;

    private BlockNumbers() {}

    /** d or dmin of eight rows from row i on. */
    private static FloatVector scales(MemorySegment memory, long at, int i, boolean wide) {
        return wide
                ? FloatVector.fromMemorySegment(
                        Lanes.FLOATS, memory, at + (long) i * Float.BYTES, ByteOrder.LITTLE_ENDIAN)
                : DensePairs.halves(memory, at + (long) i * Short.BYTES);
    }

    /**
     * sums = fma(I_b, d * factor, sums).
     *
     * @param integers sums of the block from {@code at} on; where halves have sub-scales, those of the first half and then of the
     *     second
     */
    static void add(
            MemorySegment memory,
            long block,
            BlockLayout layout,
            float[] integers,
            int at,
            float factor,
            float[] sums,
            int to) {
        long scalesAt = block + layout.scalesAt();
        for (int i = 0; i < ROWS; i += Lanes.WORDS) {
            FloatVector scale = scales(memory, scalesAt, i, layout.wideScales()).mul(factor);
            FloatVector integer = scaled(memory, block + layout.subScalesAt(), layout.subScales(), integers, at, i);
            integer.fma(scale, FloatVector.fromArray(Lanes.FLOATS, sums, to + i))
                    .intoArray(sums, to + i);
        }
    }

    /** I_b. */
    private static FloatVector scaled(MemorySegment memory, long parts, Parts kind, float[] integers, int at, int i) {
        FloatVector first = FloatVector.fromArray(Lanes.FLOATS, integers, at + i);
        if (kind == Parts.NONE) {
            return first;
        }
        FloatVector product = first.mul(Lanes.int8(memory, parts + i));
        if (kind == Parts.BLOCK) {
            return product;
        }
        FloatVector second = FloatVector.fromArray(Lanes.FLOATS, integers, at + ROWS + i);
        return second.fma(Lanes.int8(memory, parts + ROWS + i), product);
    }

    /** sums = fma(J_b, dmin * factor, sums). */
    static void addMinima(
            MemorySegment memory,
            long block,
            BlockLayout layout,
            float firstSum,
            float secondSum,
            float factor,
            float[] sums,
            int to) {
        long parts = block + layout.subMinimaAt();
        long second = layout.minima() == Parts.HALF ? parts + ROWS : parts;
        for (int i = 0; i < ROWS; i += Lanes.WORDS) {
            FloatVector scale = scales(memory, block + layout.minimaAt(), i, layout.wideScales())
                    .mul(factor);
            FloatVector integer = Lanes.int8(memory, parts + i)
                    .mul(firstSum)
                    .add(Lanes.int8(memory, second + i).mul(secondSum));
            integer.fma(scale, FloatVector.fromArray(Lanes.FLOATS, sums, to + i))
                    .intoArray(sums, to + i);
        }
    }

    /** d, or dmin, of all rows. */
    static void readScales(MemorySegment memory, long at, boolean wide, float[] out, int to) {
        for (int i = 0; i < ROWS; i += Lanes.WORDS) {
            scales(memory, at, i, wide).intoArray(out, to + i);
        }
    }

    /** s, or m, of all rows. */
    static void readParts(MemorySegment memory, long at, float[] out, int to) {
        for (int i = 0; i < ROWS; i += Lanes.WORDS) {
            Lanes.int8(memory, at + i).intoArray(out, to + i);
        }
    }
}
