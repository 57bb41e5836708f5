package org.ryzanstein.backend.avx512;

import org.ryzanstein.api.weight.WeightSource;
import org.ryzanstein.backend.cpu.HostBuffer;
import org.ryzanstein.backend.cpu.Parallel;
import org.ryzanstein.backend.cpu.TernaryInput;
import org.ryzanstein.backend.cpu.TernaryMatrix;

/**
 * Ternary weights as indexes into tables of partial sums, nine weights in 16 bits as {@link LookupShape} says. Layout:
 * (chunk, block of 128 rows, word of the chunk, row of the block), so that a vector of words belongs to neighbouring rows, and
 * the tables of one chunk serve all rows before the next chunk's are needed.
 */
final class LookupMatrix extends TernaryMatrix {
    private final LookupShape shape;
    private final int blocks;
    private final short[] words;
    private final ThreadLocal<LookupScratch> scratch;

    private LookupMatrix(WeightSource.Ternary source, ThreadLocal<LookupScratch> scratch) {
        super(source);
        this.shape = LookupShape.of(columns());
        this.blocks = Math.ceilDiv(rows(), RowLookup.ROWS);
        this.words = new short[Math.multiplyExact(shape.rowWords(), Math.multiplyExact(blocks, RowLookup.ROWS))];
        this.scratch = scratch;
    }

    static LookupMatrix pack(WeightSource.Ternary source, Parallel parallel, ThreadLocal<LookupScratch> scratch) {
        LookupMatrix matrix = new LookupMatrix(source, scratch);
        parallel.forRange(matrix.rows(), (from, to) -> {
            byte[] digits = new byte[matrix.columns()];
            for (int row = from; row < to; row++) {
                source.readDigits(row, digits, 0);
                matrix.packRow(row, digits);
            }
        });
        return matrix;
    }

    private void packRow(int row, byte[] digits) {
        for (int word = 0; word < shape.rowWords(); word++) {
            int packed = 0;
            for (int index = LookupShape.INDEXES - 1; index >= 0; index--) {
                int column = word * LookupShape.WORD + index * LookupShape.DIGITS;
                packed = packed << LookupShape.INDEX_BITS | indexOf(row, digits, column);
            }
            words[
                            wordsOf(word / shape.words(), row / RowLookup.ROWS)
                                    + word % shape.words() * RowLookup.ROWS
                                    + row % RowLookup.ROWS] =
                    (short) packed;
        }
    }

    private int indexOf(int row, byte[] digits, int column) {
        return base3(row, digits, column) + 3 * base3(row, digits, column + 1) + 9 * base3(row, digits, column + 2);
    }

    private int base3(int row, byte[] digits, int column) {
        int digit = column < digits.length ? digits[column] : 0;
        if (digit < -1 || digit > 1) {
            throw notTernary(row, column, digit);
        }
        return digit + 1;
    }

    /** Index of the first word of a block's chunk. */
    private int wordsOf(int chunk, int block) {
        return (chunk * blocks + block) * shape.words() * RowLookup.ROWS;
    }

    @Override
    public long bytes() {
        return (long) words.length * Short.BYTES + (long) rows() * Float.BYTES;
    }

    @Override
    public String layout() {
        return "ternary, 16 bits for 9 weights, blocks of " + RowLookup.ROWS + " rows";
    }

    @Override
    public int rowGroup() {
        return RowLookup.ROWS;
    }

    @Override
    public void multiply(TernaryInput in, int tokens, int from, int to, HostBuffer sums) {
        LookupInput input = (LookupInput) in;
        LookupScratch own = scratch.get();
        int fromBlock = from / RowLookup.ROWS;
        int toBlock = Math.ceilDiv(to, RowLookup.ROWS);
        int token = 0;
        while (tokens - token > LookupInput.FEW) {
            int count = Math.min(TokenLookup.TOKENS, tokens - token);
            multiplyGroup(input, token, count, fromBlock, toBlock, sums, own);
            token += count;
        }
        if (token < tokens) {
            multiplyFew(
                    own.tables(input, token, tokens - token, shape),
                    token,
                    tokens - token,
                    fromBlock,
                    toBlock,
                    sums,
                    own);
        }
    }

    private int rowsOf(int fromBlock, int toBlock) {
        return Math.min(toBlock * RowLookup.ROWS, rows()) - fromBlock * RowLookup.ROWS;
    }

    /** Multiplies rows of activations that stand beside each other in a group of 32. */
    private void multiplyGroup(
            LookupInput in, int token, int count, int fromBlock, int toBlock, HostBuffer sums, LookupScratch own) {
        int lane = token / TokenLookup.TOKENS * TokenLookup.laneLength(shape);
        for (int tile = fromBlock; tile < toBlock; tile += TokenLookup.Scratch.BLOCKS) {
            int end = Math.min(toBlock, tile + TokenLookup.Scratch.BLOCKS);
            TokenLookup.multiply(words, shape, blocks, tile, end, in.lanes(), lane, own.group());
            for (int i = 0; i < count; i++) {
                int at = sums.row(token + i) + tile * RowLookup.ROWS;
                TokenLookup.copyTotals(own.group(), i, rowsOf(tile, end), sums.ints(), at);
            }
        }
    }

    /** Multiplies a few rows of activations by their tables. */
    private void multiplyFew(
            short[][] tables, int token, int count, int fromBlock, int toBlock, HostBuffer sums, LookupScratch own) {
        for (int chunk = 0; chunk < shape.chunks(); chunk++) {
            int table = RowLookup.tablesOfChunk(shape, chunk);
            for (int block = fromBlock; block < toBlock; block++) {
                int at = wordsOf(chunk, block);
                int rows = rowsOf(block, block + 1);
                int row = block * RowLookup.ROWS;
                int i = 0;
                for (; i + 1 < count; i += 2) {
                    for (int half = 0; half < RowLookup.ROWS; half += RowLookup.ROWS / 2) {
                        RowLookup.sumTwo(
                                words,
                                at + half,
                                shape.words(),
                                tables[i],
                                tables[i + 1],
                                table,
                                own.first,
                                own.second,
                                half);
                    }
                    RowLookup.widen(own.first, sums.ints(), sums.row(token + i) + row, rows, chunk == 0);
                    RowLookup.widen(own.second, sums.ints(), sums.row(token + i + 1) + row, rows, chunk == 0);
                }
                if (i < count) {
                    RowLookup.sumOne(words, at, shape.words(), tables[i], table, own.first);
                    RowLookup.widen(own.first, sums.ints(), sums.row(token + i) + row, rows, chunk == 0);
                }
            }
        }
    }
}
