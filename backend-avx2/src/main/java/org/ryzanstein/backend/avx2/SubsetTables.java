package org.ryzanstein.backend.avx2;

import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;

/**
 * For every four activations the sixteen sums of their subsets, as a register permutation looks them up: first the low five
 * bits of each sum, then what is left of it, sixteen bytes each. A sum lies in [-508, 508], so the two parts lie in [0, 31] and
 * [-16, 15].
 */
final class SubsetTables {
    /** Bytes of the two tables of four activations. */
    static final int BYTES = 32;
    /** Bits of a sum's low part. */
    static final int LOW_BITS = 5;

    private static final int LOW = (1 << LOW_BITS) - 1;

    /** For each subset all bits where it has the member, one array for each of the four. */
    private static final short[] FIRST = members(0);

    private static final short[] SECOND = members(1);
    private static final short[] THIRD = members(2);
    private static final short[] FOURTH = members(3);

    private SubsetTables() {}

    private static short[] members(int bit) {
        short[] masks = new short[Lanes.HALVES];
        for (int i = 0; i < masks.length; i++) {
            masks[i] = (short) -(i >> bit & 1);
        }
        return masks;
    }

    /**
     * Builds tables.
     *
     * @param digits four for each table, from {@code at} on
     * @param groups so many tables
     * @param tables receives them
     */
    static void build(byte[] digits, int at, int groups, byte[] tables) {
        ShortVector first = Lanes.SHORT.cast(ShortVector.fromArray(Lanes.SHORTS, FIRST, 0));
        ShortVector second = Lanes.SHORT.cast(ShortVector.fromArray(Lanes.SHORTS, SECOND, 0));
        ShortVector third = Lanes.SHORT.cast(ShortVector.fromArray(Lanes.SHORTS, THIRD, 0));
        ShortVector fourth = Lanes.SHORT.cast(ShortVector.fromArray(Lanes.SHORTS, FOURTH, 0));
        for (int g = 0; g < groups; g++) {
            int d = at + g * NibbleShape.DIGITS;
            ShortVector low = Lanes.SHORT.cast(
                    Lanes.SHORT.cast(first.and((short) digits[d])).add(second.and((short) digits[d + 1])));
            ShortVector high =
                    Lanes.SHORT.cast(third.and((short) digits[d + 2])).add(fourth.and((short) digits[d + 3]));
            ShortVector sums = Lanes.SHORT.cast(low.add(high));
            Lanes.BYTE_16
                    .cast(Lanes.SHORT.cast(sums.and((short) LOW)).convertShape(VectorOperators.S2B, Lanes.BYTES_16, 0))
                    .intoArray(tables, g * BYTES);
            Lanes.BYTE_16
                    .cast(Lanes.SHORT
                            .cast(sums.lanewise(VectorOperators.ASHR, LOW_BITS))
                            .convertShape(VectorOperators.S2B, Lanes.BYTES_16, 0))
                    .intoArray(tables, g * BYTES + BYTES / 2);
        }
    }
}
