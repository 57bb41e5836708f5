package org.ryzanstein.contract;

/** The sizes that the cases are made of: around the widths of registers, words and blocks, and of no multiple of anything. */
final class Sizes {
    /** Team sizes that every group of tests goes through. */
    static final int[] TEAMS = {1, 2, 3, 5};

    /** Tokens of a step. */
    static final int[] TOKENS = {1, 2, 3, 7, 33};

    static final int[] TERNARY_COLUMNS = {1, 2, 3, 5, 31, 63, 64, 65, 127, 128, 129, 172, 255, 256, 257, 640, 768};

    static final int[] TERNARY_ROWS = {1, 2, 3, 5, 31, 63, 64, 65, 127, 128, 129, 172, 257};

    /** Blocks of a sum of squares. */
    static final int[] NORM_BLOCKS = {128, 64, 100, 80, 8};

    static final int[] FLOAT_COLUMNS = {
        1, 2, 3, 5, 15, 16, 17, 31, 63, 64, 65, 100, 127, 128, 129, 172, 255, 256, 257, 640
    };

    static final int[] FLOAT_ROWS = {1, 2, 3, 7, 8, 9, 33, 129};

    static final int[] CONTEXTS = {1, 2, 3, 31, 32, 33, 255, 256, 257, 511, 512, 513, 700};

    static final int[] HEAD_DIMENSIONS = {8, 64, 80, 100, 128};

    /** Positions of a KV block. */
    static final int[] KV_BLOCKS = {16, 32, 256};

    /** Query heads on KV heads: one each, groups, one for all, groups of different sizes, a shard's share. */
    static final int[][] HEAD_MAPPINGS = {{0}, {0, 0, 0, 0}, {0, 1, 2}, {0, 0, 1, 1}, {0, 0, 0, 1, 1, 2}, {1, 0, 2, 0}};

    /**
     * {rows, columns, tokens}: row lengths of Llama 1B (2048, 8192) and 8B (14336), BitNet 2B (2560, 6912), Qwen3 0.6B (1024,
     * 3072) and Falcon3 (8640); rows and tokens that leave a tail of any tile.
     */
    static final int[][] REAL_SHAPES = {
        {2048, 2048, 1},
        {513, 2048, 3},
        {97, 2048, 67},
        {131, 8192, 9},
        {643, 2560, 7},
        {67, 6912, 33},
        {1024, 1024, 1},
        {129, 3072, 5},
        {61, 8640, 13},
        {35, 14336, 2}
    };

    /** {rows, columns, tokens} of no multiple of anything: as the ternary layers of a 15M Llama, a head of 80 and others have them. */
    static final int[][] ODD_SHAPES = {
        {101, 172, 19}, {67, 288, 34}, {33, 2057, 5}, {19, 6913, 17}, {9, 8191, 65}, {1, 14337, 1}
    };

    /** Of whole blocks of 32, odd numbers of them among these. */
    static final int[][] ODD_SHAPES_OF_BLOCKS = {
        {101, 160, 19}, {67, 288, 34}, {33, 2080, 5}, {19, 6944, 17}, {9, 8160, 65}, {1, 14368, 1}
    };

    private Sizes() {}

    /** An element of a list that wraps around. */
    static int pick(int[] sizes, int number) {
        return sizes[Math.floorMod(number, sizes.length)];
    }
}
