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
        this.blocks = Math.ceilDiv(rows(), Lookup.ROWS);
        this.words = new short[Math.multiplyExact(shape.rowWords(), Math.multiplyExact(blocks, Lookup.ROWS))];
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
                            wordsOf(word / shape.words(), row / Lookup.ROWS)
                                    + word % shape.words() * Lookup.ROWS
                                    + row % Lookup.ROWS] =
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
        return (chunk * blocks + block) * shape.words() * Lookup.ROWS;
    }

    @Override
    public long bytes() {
        return (long) words.length * Short.BYTES + (long) rows() * Float.BYTES;
    }

    @Override
    public String layout() {
        return "ternary, 16 bits for 9 weights, blocks of " + Lookup.ROWS + " rows";
    }

    @Override
    public int rowGroup() {
        return Lookup.ROWS;
    }

    @Override
    public void multiply(TernaryInput in, int tokens, int from, int to, HostBuffer sums) {
        LookupInput input = (LookupInput) in;
        int fromBlock = from / Lookup.ROWS;
        int toBlock = Math.ceilDiv(to, Lookup.ROWS);
        if (tokens <= LookupInput.FEW) {
            for (int chunk = 0; chunk < shape.chunks(); chunk++) {
                int table = chunk * shape.chunkIndexes() * Lookup.TABLE;
                multiplyChunk(chunk, input.tables(), table, 0, tokens, fromBlock, toBlock, sums);
            }
            return;
        }
        for (int token = 0; token < tokens; token += LookupScratch.GROUP) {
            int count = Math.min(LookupScratch.GROUP, tokens - token);
            for (int chunk = 0; chunk < shape.chunks(); chunk++) {
                short[][] tables = scratch.get().buildTables(input, token, count, shape, chunk);
                multiplyChunk(chunk, tables, 0, token, count, fromBlock, toBlock, sums);
            }
        }
    }

    /**
     * Adds a chunk's part of the products, or begins with it if it is the first.
     *
     * @param tables for each row of activations its tables, the chunk's from {@code table} on
     * @param token the first of {@code count} rows of activations
     */
    private void multiplyChunk(
            int chunk, short[][] tables, int table, int token, int count, int fromBlock, int toBlock, HostBuffer sums) {
        LookupScratch own = scratch.get();
        for (int block = fromBlock; block < toBlock; block++) {
            int at = wordsOf(chunk, block);
            int i = 0;
            for (; i + 1 < count; i += 2) {
                multiplyTwo(at, tables[i], tables[i + 1], table, own);
                widen(own.first(), chunk, block, sums, token + i);
                widen(own.second(), chunk, block, sums, token + i + 1);
            }
            if (i < count) {
                Lookup.sumOne(words, at, shape.words(), tables[i], table, own.first());
                widen(own.first(), chunk, block, sums, token + i);
            }
        }
    }

    private void multiplyTwo(int at, short[] tables, short[] others, int table, LookupScratch own) {
        for (int row = 0; row < Lookup.ROWS; row += Lookup.ROWS / 2) {
            Lookup.sumTwo(words, at + row, shape.words(), tables, others, table, own.first(), own.second(), row);
        }
    }

    private void widen(short[] partial, int chunk, int block, HostBuffer sums, int token) {
        int row = block * Lookup.ROWS;
        int count = Math.min(Lookup.ROWS, rows() - row);
        Lookup.widen(partial, sums.ints(), sums.row(token) + row, count, chunk == 0);
    }
}
