package org.ryzanstein.contract;

import org.jspecify.annotations.Nullable;

/** Comparisons bit for bit; a failure names the operation, the case, the first difference and both values. */
final class Bits {
    private Bits() {}

    /** NaNs count as equal; everything else is compared by its bits. */
    static boolean same(float a, float b) {
        return Float.floatToRawIntBits(a) == Float.floatToRawIntBits(b) || (Float.isNaN(a) && Float.isNaN(b));
    }

    static String show(float value) {
        return value + " (" + Float.toHexString(value) + ", bits 0x"
                + Integer.toHexString(Float.floatToRawIntBits(value)) + ")";
    }

    /**
     * Compares rows.
     *
     * @param skip rows whose content is unspecified
     */
    static void assertRows(String what, float[][] expected, float[][] found, boolean @Nullable [] skip) {
        assertCount(what, expected.length, found.length);
        for (int row = 0; row < expected.length; row++) {
            if (skip == null || !skip[row]) {
                assertRow(what + ": row " + row, expected[row], found[row]);
            }
        }
    }

    static void assertRow(String what, float[] expected, float[] found) {
        assertCount(what, expected.length, found.length);
        for (int i = 0; i < expected.length; i++) {
            if (!same(expected[i], found[i])) {
                throw differs(what, i, show(expected[i]), show(found[i]));
            }
        }
    }

    static void assertRow(String what, int[] expected, int[] found) {
        assertCount(what, expected.length, found.length);
        for (int i = 0; i < expected.length; i++) {
            if (expected[i] != found[i]) {
                throw differs(what, i, Integer.toString(expected[i]), Integer.toString(found[i]));
            }
        }
    }

    private static void assertCount(String what, int expected, int found) {
        if (expected != found) {
            throw new AssertionError(what + ": expected " + expected + " elements, found " + found);
        }
    }

    private static AssertionError differs(String what, int index, String expected, String found) {
        return new AssertionError(
                what + ", index " + index + " differs first: expected " + expected + ", found " + found);
    }
}
