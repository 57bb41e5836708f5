package org.ryzanstein.contract;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.SplittableRandom;
import org.ryzanstein.api.comm.HostMemory;
import org.ryzanstein.api.kernel.Buffer;
import org.ryzanstein.api.kernel.ElementType;

/** Matrices of a case: what each rank holds is a function of the case and the rank, so that every rank knows it. */
final class Matrices {
    /** Between the cells of a matrix and those of its neighbours. */
    private static final int GUARD = 0x5EED_CAFE;

    private static final float[] SPECIAL_FLOATS = {
        0f, -0f, Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY, Float.MIN_VALUE, Float.MAX_VALUE
    };

    private Matrices() {}

    /** Content of a matrix as words. INT32: all bits, so that sums overflow. FLOAT32: several magnitudes. */
    static int[] words(long seed, int rank, ElementType type, int count) {
        SplittableRandom random = new SplittableRandom(seed * 1_000_003 + rank);
        int[] words = new int[count];
        for (int i = 0; i < count; i++) {
            words[i] = switch (type) {
                case INT32 -> random.nextInt();
                case FLOAT32 ->
                    Float.floatToRawIntBits(
                            (float) ((random.nextDouble() - 0.5) * Math.pow(2, random.nextInt(40) - 20)));
            };
        }
        return words;
    }

    /** Zeros of both signs, infinities, NaN, denormals. */
    static int[] specialFloats(long seed, int rank, int count) {
        SplittableRandom random = new SplittableRandom(seed * 1_000_003 + rank);
        int[] words = new int[count];
        for (int i = 0; i < count; i++) {
            words[i] = Float.floatToRawIntBits(SPECIAL_FLOATS[random.nextInt(SPECIAL_FLOATS.length)]);
        }
        return words;
    }

    /** A matrix with a guard around it on all sides, in heap or native memory. */
    static final class Guarded {
        private final Buffer whole;
        private final Buffer matrix;
        private final int firstRow;
        private final int rows;
        private final int margin;

        /**
         * Makes one.
         *
         * @param margin guard rows above and below, and guard columns left and right
         */
        Guarded(ElementType type, int rows, int columns, int margin, boolean nativeMemory) {
            int stride = columns + 2 * margin;
            int all = Math.multiplyExact(rows + 2 * margin, stride);
            MemorySegment memory = nativeMemory
                    ? Arena.ofAuto().allocate(Math.max(4, (long) all * ElementType.BYTES), 4)
                    : type == ElementType.INT32
                            ? MemorySegment.ofArray(new int[all])
                            : MemorySegment.ofArray(new float[all]);
            for (int i = 0; i < all; i++) {
                memory.setAtIndex(ValueLayout.JAVA_INT, i, GUARD);
            }
            whole = HostMemory.matrix(memory, type, rows + 2 * margin, stride, stride);
            matrix = margin == 0 ? whole : whole.slice(margin, columns);
            firstRow = margin;
            this.rows = rows;
            this.margin = margin;
        }

        Guarded(ElementType type, int rows, int columns, int margin, boolean nativeMemory, int[] words) {
            this(type, rows, columns, margin, nativeMemory);
            Words.write(words, matrix, firstRow, rows);
        }

        Buffer buffer() {
            return matrix;
        }

        int firstRow() {
            return firstRow;
        }

        int[] words() {
            return Words.read(matrix, firstRow, rows);
        }

        /** Whether everything around the matrix is as it was. */
        boolean guarded() {
            int[] all = Words.read(whole, 0, whole.rows());
            int stride = whole.columns();
            for (int i = 0; i < all.length; i++) {
                int row = i / stride;
                int column = i % stride;
                boolean inside = row >= margin && row < margin + rows && column >= margin && column < stride - margin;
                if (!inside && all[i] != GUARD) {
                    return false;
                }
            }
            return true;
        }
    }
}
