package org.ryzanstein.contract;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Objects;
import org.ryzanstein.api.comm.ReduceOperation;
import org.ryzanstein.api.kernel.Buffer;
import org.ryzanstein.api.kernel.ElementType;

/** Matrices as dense 32-bit words, whatever they mean, and the naive form of what collectives do with them. */
final class Words {
    private Words() {}

    static void check(Buffer buffer, int firstRow, int rows) {
        if (firstRow < 0 || rows < 0 || firstRow > buffer.rows() - rows) {
            throw new IllegalArgumentException(
                    "rows " + firstRow + " .. " + (firstRow + (long) rows) + " of a buffer of " + buffer.rows());
        }
    }

    static int[] read(Buffer buffer, int firstRow, int rows) {
        check(buffer, firstRow, rows);
        int[] words = new int[rows * buffer.columns()];
        for (int row = 0; row < rows && buffer.columns() > 0; row++) {
            MemorySegment.copy(
                    buffer.memory(),
                    ValueLayout.JAVA_INT_UNALIGNED,
                    (firstRow + row) * (long) buffer.stride() * ElementType.BYTES,
                    words,
                    row * buffer.columns(),
                    buffer.columns());
        }
        return words;
    }

    static void write(int[] words, Buffer buffer, int firstRow, int rows) {
        for (int row = 0; row < rows && buffer.columns() > 0; row++) {
            MemorySegment.copy(
                    words,
                    row * buffer.columns(),
                    buffer.memory(),
                    ValueLayout.JAVA_INT_UNALIGNED,
                    (firstRow + row) * (long) buffer.stride() * ElementType.BYTES,
                    buffer.columns());
        }
    }

    /** Combines what the ranks gave, in rank order. */
    static int[] reduce(ElementType type, ReduceOperation operation, int[][] parts) {
        int[] all = parts[0].clone();
        for (int rank = 1; rank < parts.length; rank++) {
            for (int i = 0; i < all.length; i++) {
                all[i] = combine(type, operation, all[i], parts[rank][i]);
            }
        }
        return all;
    }

    private static int combine(ElementType type, ReduceOperation operation, int a, int b) {
        return switch (type) {
            case INT32 ->
                switch (operation) {
                    case SUM -> a + b;
                    case MAX -> Math.max(a, b);
                };
            case FLOAT32 -> {
                float x = Float.intBitsToFloat(a);
                float y = Float.intBitsToFloat(b);
                yield Float.floatToRawIntBits(
                        switch (operation) {
                            case SUM -> x + y;
                            case MAX -> Math.max(x, y);
                        });
            }
        };
    }

    /** Matrices of so many rows side by side. */
    static int[] joinColumns(int[][] parts, int[] columns, int rows) {
        int whole = 0;
        for (int count : columns) {
            whole += count;
        }
        int[] all = new int[rows * whole];
        int first = 0;
        for (int rank = 0; rank < parts.length; rank++) {
            for (int row = 0; row < rows; row++) {
                System.arraycopy(parts[rank], row * columns[rank], all, row * whole + first, columns[rank]);
            }
            first += columns[rank];
        }
        return all;
    }

    /** Some columns of a matrix. */
    static int[] columns(int[] words, int whole, int first, int count) {
        Objects.checkFromIndexSize(first, count, whole);
        int rows = whole == 0 ? 0 : words.length / whole;
        int[] some = new int[rows * count];
        for (int row = 0; row < rows; row++) {
            System.arraycopy(words, row * whole + first, some, row * count, count);
        }
        return some;
    }
}
