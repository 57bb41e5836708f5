package org.ryzanstein.backend.__isa__;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import org.ryzanstein.api.weight.BlockForm.Parts;
import org.ryzanstein.backend.cpu.BlockDigits;
import org.ryzanstein.backend.cpu.BlockDigits.DigitForm;
import org.ryzanstein.backend.cpu.BlockKernels;
import org.ryzanstein.backend.cpu.BlockLayout;
import org.ryzanstein.backend.cpu.BlockLayout.Quants;
import org.ryzanstein.backend.cpu.BlockMatrix;
import org.ryzanstein.backend.cpu.BlockScratch;

/**
 * Block-quantised weights with lanes = rows. The loops are cut into methods that the compiler takes whole: first the integer sums of
 * a few blocks, then their scales.
 */
final class VectorBlockKernels implements BlockKernels {
    private static final int ROWS = BlockLayout.ROWS;
    private static final int BLOCK = BlockDigits.BLOCK;
    private static final int HALF = BLOCK / 2;
    private static final int TILE = BlockDigits.TILE;
    private static final int HALF_NIBBLE_BYTES = Quants.NIBBLES.bytes() / 2;

    // Where the numbers of a block stand in BlockScratch.numbers, after d.
    private static final int MINIMA = ROWS;
    private static final int SUB_MINIMA = 2 * ROWS;
    private static final int SUB_SCALES = 4 * ROWS;

    @Override
    public DigitForm formOfFew(BlockLayout layout) {
        return layout.quants() == Quants.BYTES ? DigitForm.FLOAT : DigitForm.PAIR;
    }

    @Override
    public DigitForm formOfTiles(BlockLayout layout) {
        return inShorts(layout) ? DigitForm.PAIR : DigitForm.FLOAT;
    }

    /** Whether sums are made in 16 bits, which a block's must fit until they are scaled. */
    private static boolean inShorts(BlockLayout layout) {
        return Lanes.TILES_IN_SHORTS && layout.quants() == Quants.NIBBLES && layout.subScales() != Parts.HALF;
    }

    @Override
    public void multiplyFew(BlockMatrix weights, int group, BlockDigits in, int rows, BlockScratch scratch) {
        BlockLayout layout = weights.form();
        for (int row = 0; row < rows; row++) {
            int to = row * ROWS;
            Arrays.fill(scratch.sums(), to, to + ROWS, 0f);
            for (int b = 0; b < layout.blocks(); b += BlockScratch.PRODUCTS) {
                int end = Math.min(layout.blocks(), b + BlockScratch.PRODUCTS);
                switch (layout.quants()) {
                    case NIBBLES -> sumNibbles(weights, group, in, row, b, end, scratch);
                    case BYTES -> sumBytes(weights, group, in, row, b, end, scratch);
                }
                scale(weights, group, in, row, b, end, scratch);
            }
            if (layout.hasMinima()) {
                sumMinima(weights, group, in, row, scratch);
            }
        }
    }

    private static void sumNibbles(
            BlockMatrix weights, int group, BlockDigits in, int row, int from, int to, BlockScratch scratch) {
        BlockLayout layout = weights.form();
        int parts = layout.subScales() == Parts.HALF ? 2 : 1;
        long block = weights.at(group) + (long) from * layout.blockBytes();
        int k = (row * layout.blocks() + from) * BLOCK;
        for (int part = 0; part < parts; part++) {
            BlockIntegers.nibbles(
                    weights.memory(),
                    block + (long) part * HALF_NIBBLE_BYTES,
                    layout.blockBytes(),
                    8 / parts,
                    in.values(),
                    k + part * HALF,
                    in.sums(),
                    k / HALF + part,
                    parts == 1,
                    to - from,
                    layout.base(),
                    scratch.products(),
                    part * ROWS);
        }
    }

    private static void sumBytes(
            BlockMatrix weights, int group, BlockDigits in, int row, int from, int to, BlockScratch scratch) {
        BlockLayout layout = weights.form();
        int parts = layout.subScales() == Parts.HALF ? 2 : 1;
        long block = weights.at(group) + (long) from * layout.blockBytes();
        int k = (row * layout.blocks() + from) * BLOCK;
        for (int part = 0; part < parts; part++) {
            BlockIntegers.bytes(
                    weights.memory(),
                    block + (long) part * HALF * ROWS,
                    layout.blockBytes(),
                    BLOCK / parts,
                    in.values(),
                    k + part * HALF,
                    to - from,
                    scratch.products(),
                    part * ROWS);
        }
    }

    private static void scale(
            BlockMatrix weights, int group, BlockDigits in, int row, int from, int to, BlockScratch scratch) {
        BlockLayout layout = weights.form();
        MemorySegment memory = weights.memory();
        long block = weights.at(group) + (long) from * layout.blockBytes();
        int stride = layout.blockBytes();
        float[] integers = scratch.products();
        long subScales = block + layout.subScalesAt();
        switch (layout.subScales()) {
            case NONE -> {}
            case BLOCK -> BlockNumbers.scale(memory, subScales, stride, to - from, integers);
            case HALF -> BlockNumbers.scaleHalves(memory, subScales, stride, to - from, integers);
        }
        long scales = block + layout.scalesAt();
        int factor = row * layout.blocks() + from;
        float[] sums = scratch.sums();
        if (layout.wideScales()) {
            BlockNumbers.addWide(memory, scales, stride, to - from, integers, in.factors(), factor, sums, row * ROWS);
        } else {
            BlockNumbers.addNarrow(memory, scales, stride, to - from, integers, in.factors(), factor, sums, row * ROWS);
        }
    }

    private static void sumMinima(BlockMatrix weights, int group, BlockDigits in, int row, BlockScratch scratch) {
        BlockLayout layout = weights.form();
        MemorySegment memory = weights.memory();
        int stride = layout.blockBytes();
        float[] integers = scratch.products();
        float[] minima = scratch.minima();
        Arrays.fill(minima, row * ROWS, (row + 1) * ROWS, 0f);
        for (int from = 0; from < layout.blocks(); from += BlockScratch.PRODUCTS) {
            int count = Math.min(layout.blocks() - from, BlockScratch.PRODUCTS);
            long block = weights.at(group) + (long) from * stride;
            int at = row * layout.blocks() + from;
            long first = block + layout.subMinimaAt();
            long second = layout.minima() == Parts.HALF ? first + ROWS : first;
            BlockNumbers.minima(memory, first, second, stride, count, in.sums(), 2 * at, integers);
            long scales = block + layout.minimaAt();
            if (layout.wideScales()) {
                BlockNumbers.addWide(memory, scales, stride, count, integers, in.factors(), at, minima, row * ROWS);
            } else {
                BlockNumbers.addNarrow(memory, scales, stride, count, integers, in.factors(), at, minima, row * ROWS);
            }
        }
    }

    @Override
    public void multiplyTiles(BlockMatrix weights, int group, BlockDigits in, int tiles, BlockScratch scratch) {
        BlockLayout layout = weights.form();
        Arrays.fill(scratch.sums(), 0, tiles * TILE * ROWS, 0f);
        Arrays.fill(scratch.minima(), 0, tiles * TILE * ROWS, 0f);
        for (int b = 0; b < layout.blocks(); b++) {
            long block = weights.at(group) + (long) b * layout.blockBytes();
            readNumbers(weights, block, scratch.numbers());
            if (inShorts(layout)) {
                BlockTiles.unpackNibbles(
                        weights.memory(), block, (short) -BlockIntegers.NIBBLE_CENTRE, scratch.shortWeights());
                multiplyShorts(layout, b, in, tiles, scratch);
            } else {
                unpack(weights, block, scratch);
                multiplyFloats(b, in, tiles, scratch);
            }
            if (layout.hasMinima()) {
                addMinima(b, in, tiles, scratch);
            }
        }
    }

    private static void readNumbers(BlockMatrix weights, long block, float[] numbers) {
        BlockLayout layout = weights.form();
        MemorySegment memory = weights.memory();
        BlockNumbers.readScales(memory, block + layout.scalesAt(), layout.wideScales(), numbers, 0);
        if (layout.subScales() != Parts.NONE) {
            readParts(memory, block + layout.subScalesAt(), layout.subScales(), numbers, SUB_SCALES);
        } else if (inShorts(layout)) {
            Arrays.fill(numbers, SUB_SCALES, SUB_SCALES + ROWS, 1f);
        }
        if (layout.hasMinima()) {
            BlockNumbers.readScales(memory, block + layout.minimaAt(), layout.wideScales(), numbers, MINIMA);
            readParts(memory, block + layout.subMinimaAt(), layout.minima(), numbers, SUB_MINIMA);
        }
    }

    private static void readParts(MemorySegment memory, long at, Parts parts, float[] numbers, int to) {
        BlockNumbers.readParts(memory, at, numbers, to);
        BlockNumbers.readParts(memory, parts == Parts.HALF ? at + ROWS : at, numbers, to + ROWS);
    }

    /** s * q of each element as a float. */
    private static void unpack(BlockMatrix weights, long block, BlockScratch scratch) {
        BlockLayout layout = weights.form();
        MemorySegment memory = weights.memory();
        float[] numbers = scratch.numbers();
        float[] out = scratch.weights();
        if (layout.quants() == Quants.BYTES) {
            if (layout.subScales() == Parts.NONE) {
                BlockTiles.unpackBytes(memory, block, 0, BLOCK, out);
            } else {
                BlockTiles.unpackBytes(memory, block, 0, HALF, numbers, SUB_SCALES, out);
                BlockTiles.unpackBytes(memory, block, HALF, BLOCK, numbers, SUB_SCALES + ROWS, out);
            }
            return;
        }
        short[] quants = scratch.shortWeights();
        BlockTiles.unpackNibbles(memory, block, (short) layout.base(), quants);
        if (layout.subScales() == Parts.NONE) {
            BlockTiles.widen(quants, 0, BLOCK, out);
        } else {
            BlockTiles.widen(quants, 0, HALF, numbers, SUB_SCALES, out);
            BlockTiles.widen(quants, HALF, BLOCK, numbers, SUB_SCALES + ROWS, out);
        }
    }

    private static void multiplyShorts(BlockLayout layout, int b, BlockDigits in, int tiles, BlockScratch scratch) {
        int offset = BlockIntegers.NIBBLE_CENTRE + layout.base();
        short[] integers = scratch.shortProducts();
        for (int tile = 0; tile < tiles; tile++) {
            int first = BlockDigits.tileAt(b, tile, tiles);
            BlockTiles.multiplyShorts(scratch.shortWeights(), in.values(), first, integers);
            for (int i = 0; i < TILE; i++) {
                int row = tile * TILE + i;
                int at = b * tiles * TILE + row;
                int sum = in.sums()[2 * at] + in.sums()[2 * at + 1];
                BlockTiles.add(
                        integers,
                        i * ROWS,
                        offset * sum,
                        scratch.numbers(),
                        SUB_SCALES,
                        in.factors()[at],
                        scratch.sums(),
                        row * ROWS);
            }
        }
    }

    private static void multiplyFloats(int b, BlockDigits in, int tiles, BlockScratch scratch) {
        float[] integers = scratch.products();
        for (int tile = 0; tile < tiles; tile++) {
            int first = BlockDigits.tileAt(b, tile, tiles);
            BlockTiles.multiplyFloats(scratch.weights(), in.values(), first, integers);
            for (int i = 0; i < TILE; i++) {
                int row = tile * TILE + i;
                float factor = in.factors()[b * tiles * TILE + row];
                BlockTiles.add(integers, i * ROWS, scratch.numbers(), factor, scratch.sums(), row * ROWS);
            }
        }
    }

    private static void addMinima(int b, BlockDigits in, int tiles, BlockScratch scratch) {
        for (int row = 0; row < tiles * TILE; row++) {
            int at = b * tiles * TILE + row;
            float first = in.sums()[2 * at];
            float second = in.sums()[2 * at + 1];
            BlockTiles.addMinima(
                    first,
                    second,
                    scratch.numbers(),
                    MINIMA,
                    SUB_MINIMA,
                    in.factors()[at],
                    scratch.minima(),
                    row * ROWS);
        }
    }
}
