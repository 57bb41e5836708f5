package org.ryzanstein.contract;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.ryzanstein.api.kernel.Buffer;
import org.ryzanstein.api.kernel.ElementType;
import org.ryzanstein.api.kernel.RowSet;

/**
 * A matrix inside a backend. When it is sliced, it is a range of columns of a wider buffer with spare rows; the cells around
 * it hold a value that poisons a float result, and must still hold it afterwards.
 */
final class Cells {
    /** A NaN whose payload is recognised. */
    private static final int POISON = 0x7fc5a5a5;

    private static final int MARGIN = 3;

    private final Bench bench;
    private final Buffer whole;
    private final Buffer view;
    private final int left;
    private final int rows;
    /** What the whole buffer must hold. */
    private final int[] image;

    Cells(Bench bench, ElementType type, RowSet rowSet, int rows, int columns, boolean sliced) {
        this.bench = bench;
        this.rows = rows;
        left = sliced ? MARGIN : 0;
        int right = sliced ? 2 * MARGIN + 1 : 0;
        whole = bench.backend().allocate(type, rowSet, rows + (sliced ? 2 : 0), left + columns + right);
        view = sliced ? whole.slice(left, columns) : whole;
        image = new int[whole.rows() * whole.columns()];
        Arrays.fill(image, POISON);
        bench.writeWords(image, whole);
    }

    Buffer buffer() {
        return view;
    }

    void write(float[][] content) {
        for (int row = 0; row < content.length; row++) {
            for (int i = 0; i < content[row].length; i++) {
                image[at(row, i)] = Float.floatToRawIntBits(content[row][i]);
            }
        }
        bench.writeWords(image, whole);
    }

    private int at(int row, int column) {
        return row * whole.columns() + left + column;
    }

    float[][] floats() {
        int[] words = bench.readWords(whole);
        float[][] values = new float[rows][view.columns()];
        for (int row = 0; row < rows; row++) {
            for (int i = 0; i < values[row].length; i++) {
                values[row][i] = Float.intBitsToFloat(words[at(row, i)]);
            }
        }
        return values;
    }

    /** These rows hold {@code expected}, and nothing around them has changed. */
    void assertHolds(String what, float[][] expected) {
        assertHolds(what, expected, null);
    }

    void assertHolds(String what, float[][] expected, boolean @Nullable [] skip) {
        int[] words = bench.readWords(whole);
        for (int row = 0; row < expected.length; row++) {
            boolean skipped = skip != null && skip[row];
            for (int i = 0; i < expected[row].length; i++) {
                float found = Float.intBitsToFloat(words[at(row, i)]);
                if (!skipped && !Bits.same(expected[row][i], found)) {
                    throw new AssertionError(what + place(row, i) + ": expected " + Bits.show(expected[row][i])
                            + ", found " + Bits.show(found));
                }
                image[at(row, i)] = words[at(row, i)];
            }
        }
        assertSurroundings(what, words);
    }

    void assertHolds(String what, int[][] expected, boolean @Nullable [] skip) {
        int[] words = bench.readWords(whole);
        for (int row = 0; row < expected.length; row++) {
            boolean skipped = skip != null && skip[row];
            for (int i = 0; i < expected[row].length; i++) {
                int found = words[at(row, i)];
                if (!skipped && expected[row][i] != found) {
                    throw new AssertionError(
                            what + place(row, i) + ": expected " + expected[row][i] + ", found " + found);
                }
                image[at(row, i)] = found;
            }
        }
        assertSurroundings(what, words);
    }

    /** An operation that only reads has left all of it alone. */
    void assertUntouched(String what) {
        assertSurroundings(what, bench.readWords(whole));
    }

    private void assertSurroundings(String what, int[] words) {
        for (int i = 0; i < image.length; i++) {
            if (words[i] != image[i]) {
                throw new AssertionError(
                        what + ": wrote outside of its output, row " + i / whole.columns() + ", column "
                                + (i % whole.columns() - left) + " of " + view.columns() + ": expected bits 0x"
                                + Integer.toHexString(image[i]) + ", found 0x" + Integer.toHexString(words[i]));
            }
        }
    }

    private String place(int row, int column) {
        return ", first difference at row " + row + " of " + rows + ", column " + column + " of " + view.columns();
    }
}
