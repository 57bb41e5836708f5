package org.ryzanstein.loader.format;

import org.ryzanstein.api.weight.BlockForm;
import org.ryzanstein.api.weight.BlockForm.Parts;
import org.ryzanstein.api.weight.BlockRow;

/**
 * How a block-quantised tensor type becomes canonical blocks of 32.
 *
 * @param type the tensor type; its block is one or eight canonical blocks
 * @param form what its canonical blocks look like
 * @param decoder reads one of the type's blocks
 */
record BlockFormat(TensorType type, BlockForm form, Decoder decoder) {
    /** Reads one block of a tensor type. Stateless. */
    @FunctionalInterface
    interface Decoder {
        /**
         * Decodes.
         *
         * @param packed holds the block
         * @param from index of its first byte
         * @param row receives it; a number that the form does not have is not written
         * @param block index of its first canonical block in the row
         */
        void decode(byte[] packed, int from, BlockRow row, int block);
    }

    /**
     * The format of a type of which {@link TensorType#isBlocks} is true.
     *
     * @throws IllegalArgumentException for another type
     */
    static BlockFormat of(TensorType type) {
        return switch (type) {
            case Q8_0 -> plain(type, Byte.MIN_VALUE, Byte.MAX_VALUE, SmallBlocks::decodeQ8);
            case Q4_0 -> plain(type, -8, 7, SmallBlocks::decodeQ4);
            case Q5_0 -> plain(type, -16, 15, SmallBlocks::decodeQ5);
            case IQ4_NL -> plain(type, -127, 113, SmallBlocks::decodeNonLinear);
            case MXFP4 -> plain(type, -12, 12, SmallBlocks::decodeMicroscaling);
            case Q4_1 -> of(type, 0, 15, Parts.NONE, Parts.BLOCK, SmallBlocks::decodeQ4WithMinimum);
            case Q5_1 -> of(type, 0, 31, Parts.NONE, Parts.BLOCK, SmallBlocks::decodeQ5WithMinimum);
            case Q2_K -> of(type, 0, 3, Parts.HALF, Parts.HALF, SuperBlocks::decodeQ2);
            case Q3_K -> of(type, -4, 3, Parts.HALF, Parts.NONE, SuperBlocks::decodeQ3);
            case Q4_K -> of(type, 0, 15, Parts.BLOCK, Parts.BLOCK, SuperBlocks::decodeQ4);
            case Q5_K -> of(type, 0, 31, Parts.BLOCK, Parts.BLOCK, SuperBlocks::decodeQ5);
            case Q6_K -> of(type, -32, 31, Parts.HALF, Parts.NONE, SuperBlocks::decodeQ6);
            case IQ4_XS -> of(type, -127, 113, Parts.BLOCK, Parts.NONE, SuperBlocks::decodeNonLinear);
            default -> throw new IllegalArgumentException(type + " is no block-quantised type");
        };
    }

    private static BlockFormat plain(TensorType type, int lowest, int highest, Decoder decoder) {
        return of(type, lowest, highest, Parts.NONE, Parts.NONE, decoder);
    }

    private static BlockFormat of(
            TensorType type, int lowest, int highest, Parts subScales, Parts minima, Decoder decoder) {
        return new BlockFormat(type, new BlockForm(lowest, highest, subScales, minima), decoder);
    }

    /** Decodes a whole row, {@code packed.length} bytes of it. */
    void decodeRow(byte[] packed, BlockRow row) {
        int canonical = type.blockElements() / BlockSource.BLOCK;
        int block = 0;
        for (int from = 0; from < packed.length; from += type.blockBytes()) {
            decoder.decode(packed, from, row, block);
            block += canonical;
        }
    }
}
