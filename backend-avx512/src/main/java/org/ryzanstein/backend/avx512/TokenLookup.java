package org.ryzanstein.backend.avx512;

import java.util.Arrays;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;

/**
 * Products with 32 rows of activations, whose sums are the 16-bit lanes of one register. For every three columns there are 27
 * registers, one for each combination of three ternary weights; a weight row adds those that its indexes name. This is the
 * Method of Four Russians for a matrix of few different values.
 */
final class TokenLookup {
    /** Rows of activations that are multiplied together. */
    static final int TOKENS = Lanes.HALVES;

    /** Tables are built for so many words at a time at most: with 81 KB for all of a chunk they would not fit the L1 cache. */
    private static final int PASS_WORDS = 7;

    /** Lanes from a table to the next; indexes reach from 0 to 26. */
    private static final int TABLE = (1 << LookupShape.INDEX_BITS) * TOKENS;

    /** An index in bits 5 .. 9 is an index times {@link #TOKENS}. */
    private static final int ENTRY_BITS = 31 << 5;

    private TokenLookup() {}

    /** Bytes that a group of 32 rows of activations takes. */
    static int laneLength(LookupShape shape) {
        return shape.rowWords() * LookupShape.WORD * TOKENS;
    }

    /** Copies a row of digits to one lane: {@code lanes[to]}, {@code lanes[to + 32]}, ... */
    static void spread(byte[] digits, int at, int count, byte[] lanes, int to) {
        for (int i = 0; i < count; i++) {
            lanes[to + i * TOKENS] = digits[at + i];
        }
    }

    /** What a thread needs for a tile of weight rows. */
    static final class Scratch {
        /** Blocks of 128 weight rows that the tables are built for at once. */
        static final int BLOCKS = 16;

        private final short[] tables = new short[PASS_WORDS * LookupShape.INDEXES * TABLE];
        private final short[] sums = new short[BLOCKS * RowLookup.ROWS * TOKENS]; // (weight rows, 32)
        private final int[] totals = new int[BLOCKS * RowLookup.ROWS * TOKENS]; // (weight rows, 32)
    }

    /**
     * Products of up to {@link Scratch#BLOCKS} blocks of weight rows; they are left in the scratch.
     *
     * @param words all words, shape (chunks, blocks, words of a chunk, 128)
     * @param lanes digits of 32 rows of activations, shape (columns, 32), from {@code lane} on
     */
    static void multiply(
            short[] words,
            LookupShape shape,
            int blocks,
            int fromBlock,
            int toBlock,
            byte[] lanes,
            int lane,
            Scratch scratch) {
        int used = (toBlock - fromBlock) * RowLookup.ROWS * TOKENS;
        Arrays.fill(scratch.totals, 0, used, 0);
        int blockWords = shape.words() * RowLookup.ROWS;
        int passes = Math.ceilDiv(shape.words(), PASS_WORDS);
        int passWords = Math.ceilDiv(shape.words(), passes);
        for (int chunk = 0; chunk < shape.chunks(); chunk++) {
            Arrays.fill(scratch.sums, 0, used, (short) 0);
            for (int word = 0; word < shape.words(); word += passWords) {
                int count = Math.min(passWords, shape.words() - word);
                int column = (chunk * shape.words() + word) * LookupShape.WORD;
                buildTables(lanes, lane + column * TOKENS, count * LookupShape.INDEXES, scratch.tables);
                for (int block = fromBlock; block < toBlock; block++) {
                    int at = (chunk * blocks + block) * blockWords + word * RowLookup.ROWS;
                    int to = (block - fromBlock) * RowLookup.ROWS * TOKENS;
                    addBlock(words, at, count, scratch.tables, scratch.sums, to);
                }
            }
            widen(scratch.sums, scratch.totals, used);
        }
    }

    private static void buildTables(byte[] lanes, int at, int count, short[] tables) {
        for (int i = 0; i < count; i++) {
            buildTable(lanes, at + i * LookupShape.DIGITS * TOKENS, tables, i * TABLE);
        }
    }

    private static void buildTable(byte[] lanes, int at, short[] tables, int to) {
        for (int third = -1; third <= 1; third++) {
            ShortVector high = digits(lanes, at + 2 * TOKENS).mul((short) third);
            for (int second = -1; second <= 1; second++) {
                ShortVector base =
                        digits(lanes, at + TOKENS).mul((short) second).add(high);
                ShortVector first = digits(lanes, at);
                int entry = to + ((third + 1) * 9 + (second + 1) * 3) * TOKENS;
                base.sub(first).intoArray(tables, entry);
                base.intoArray(tables, entry + TOKENS);
                base.add(first).intoArray(tables, entry + 2 * TOKENS);
            }
        }
    }

    private static ShortVector digits(byte[] lanes, int at) {
        return (ShortVector)
                ByteVector.fromArray(Lanes.BYTES_32, lanes, at).convertShape(VectorOperators.B2S, Lanes.SHORTS, 0);
    }

    private static void addBlock(short[] words, int at, int count, short[] tables, short[] sums, int to) {
        for (int row = 0; row < RowLookup.ROWS; row += 2) {
            addTwoRows(words, at + row, count, tables, sums, to + row * TOKENS);
        }
    }

    private static void addTwoRows(short[] words, int at, int count, short[] tables, short[] sums, int to) {
        ShortVector s0 = ShortVector.fromArray(Lanes.SHORTS, sums, to);
        ShortVector s1 = ShortVector.fromArray(Lanes.SHORTS, sums, to + TOKENS);
        int t = 0;
        int w = at;
        for (int i = 0; i < count; i++) {
            int x = words[w];
            int y = words[w + 1];
            s0 = s0.add(entry(tables, t + (x << 5 & ENTRY_BITS)));
            s1 = s1.add(entry(tables, t + (y << 5 & ENTRY_BITS)));
            s0 = s0.add(entry(tables, t + TABLE + (x & ENTRY_BITS)));
            s1 = s1.add(entry(tables, t + TABLE + (y & ENTRY_BITS)));
            s0 = s0.add(entry(tables, t + 2 * TABLE + (x >>> 5 & ENTRY_BITS)));
            s1 = s1.add(entry(tables, t + 2 * TABLE + (y >>> 5 & ENTRY_BITS)));
            t += LookupShape.INDEXES * TABLE;
            w += RowLookup.ROWS;
        }
        s0.intoArray(sums, to);
        s1.intoArray(sums, to + TOKENS);
    }

    private static ShortVector entry(short[] tables, int at) {
        return ShortVector.fromArray(Lanes.SHORTS, tables, at);
    }

    private static void widen(short[] sums, int[] totals, int count) {
        for (int i = 0; i < count; i += Lanes.HALVES) {
            ShortVector sum = ShortVector.fromArray(Lanes.SHORTS, sums, i);
            addPart((IntVector) sum.convert(VectorOperators.S2I, 0), totals, i);
            addPart((IntVector) sum.convert(VectorOperators.S2I, 1), totals, i + Lanes.WORDS);
        }
    }

    private static void addPart(IntVector sum, int[] totals, int at) {
        sum.add(IntVector.fromArray(Lanes.INTS, totals, at)).intoArray(totals, at);
    }

    /** Copies the first {@code rows} totals of one lane. */
    static void copyTotals(Scratch scratch, int lane, int rows, int[] out, int at) {
        for (int row = 0; row < rows; row++) {
            out[at + row] = scratch.totals[row * TOKENS + lane];
        }
    }
}
