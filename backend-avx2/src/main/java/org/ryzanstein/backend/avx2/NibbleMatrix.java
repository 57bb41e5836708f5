package org.ryzanstein.backend.avx2;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.ryzanstein.api.weight.WeightSource;
import org.ryzanstein.backend.cpu.HostBuffer;
import org.ryzanstein.backend.cpu.Parallel;
import org.ryzanstein.backend.cpu.TernaryInput;
import org.ryzanstein.backend.cpu.TernaryMatrix;
import org.ryzanstein.backend.cpu.WeightMemory;

/**
 * Ternary weights, four to a byte, as {@link NibbleShape} lays them out. One layout serves both kernels: few rows of
 * activations are multiplied one at a time by {@link NibbleSums}, many in groups of 32 by {@link TokenTables}.
 */
final class NibbleMatrix extends TernaryMatrix {
    private final NibbleShape shape;
    private final MemorySegment weights;
    private final ThreadLocal<NibbleScratch> scratch;

    private NibbleMatrix(WeightSource.Ternary source, WeightMemory memory, ThreadLocal<NibbleScratch> scratch) {
        super(source);
        this.shape = NibbleShape.of(columns());
        int blocks = Math.ceilDiv(rows(), NibbleShape.ROWS);
        this.weights = memory.allocate(Math.multiplyExact(blocks, shape.blockBytes()));
        this.scratch = scratch;
    }

    static NibbleMatrix pack(
            WeightSource.Ternary source, Parallel parallel, WeightMemory memory, ThreadLocal<NibbleScratch> scratch) {
        NibbleMatrix matrix = new NibbleMatrix(source, memory, scratch);
        int blocks = Math.ceilDiv(matrix.rows(), NibbleShape.ROWS);
        parallel.forRange(blocks, (from, to) -> {
            byte[] digits = new byte[matrix.columns()];
            int last = Math.min(matrix.rows(), to * NibbleShape.ROWS);
            for (int row = from * NibbleShape.ROWS; row < last; row++) {
                source.readDigits(row, digits, 0);
                matrix.packRow(row, digits);
            }
        });
        return matrix;
    }

    private void packRow(int row, byte[] digits) {
        long at = offset(row / NibbleShape.ROWS, 0) + row % NibbleShape.ROWS;
        for (int column = 0; column < digits.length; at += NibbleShape.ROWS) {
            int packed = 0;
            int end = Math.min(digits.length, column + NibbleShape.DIGITS);
            for (int bit = 1; column < end; column++, bit <<= 1) {
                packed |= switch (digits[column]) {
                    case 0 -> 0;
                    case 1 -> bit;
                    case -1 -> bit << NibbleShape.DIGITS;
                    default -> throw notTernary(row, column, digits[column]);
                };
            }
            weights.set(ValueLayout.JAVA_BYTE, at, (byte) packed);
        }
    }

    /** Where a block's bytes lie from {@code group} on. */
    private long offset(int block, int group) {
        return block * shape.blockBytes() + (long) group * NibbleShape.ROWS;
    }

    @Override
    public long bytes() {
        return weights.byteSize() + (long) rows() * Float.BYTES;
    }

    @Override
    public String layout() {
        return "ternary, 2 bits, blocks of " + NibbleShape.ROWS + " rows";
    }

    @Override
    public int rowGroup() {
        return NibbleShape.ROWS;
    }

    @Override
    public void multiply(TernaryInput in, int tokens, int from, int to, HostBuffer sums) {
        NibbleInput input = (NibbleInput) in;
        NibbleScratch own = scratch.get();
        int fromBlock = from / NibbleShape.ROWS;
        int toBlock = Math.ceilDiv(to, NibbleShape.ROWS);
        if (tokens <= NibbleInput.FEW) {
            multiplyFew(input, tokens, fromBlock, toBlock, sums, own);
            return;
        }
        for (int token = 0; token < tokens; token += TokenTables.TOKENS) {
            int count = Math.min(TokenTables.TOKENS, tokens - token);
            if (count <= NibbleInput.FEW) {
                multiplyRest(input, token, count, fromBlock, toBlock, sums, own);
            } else {
                multiplyGroup(input, token, count, fromBlock, toBlock, sums, own);
            }
        }
    }

    /** Each block from its beginning to its end, so that memory is read in order. */
    private void multiplyFew(
            NibbleInput in, int tokens, int fromBlock, int toBlock, HostBuffer sums, NibbleScratch own) {
        for (int block = fromBlock; block < toBlock; block++) {
            for (int chunk = 0; chunk < shape.chunks(); chunk++) {
                int table = chunk * NibbleShape.CHUNK * SubsetTables.BYTES;
                for (int token = 0; token < tokens; token++) {
                    addChunk(block, chunk, in.tables(token), table, sums, token, own);
                }
            }
        }
    }

    /** What is left of a batch, by tables of one chunk at a time. */
    private void multiplyRest(
            NibbleInput in, int from, int count, int fromBlock, int toBlock, HostBuffer sums, NibbleScratch own) {
        for (int token = from; token < from + count; token++) {
            for (int chunk = 0; chunk < shape.chunks(); chunk++) {
                byte[] tables = own.chunkTables(in, token, chunk, shape);
                for (int block = fromBlock; block < toBlock; block++) {
                    addChunk(block, chunk, tables, 0, sums, token, own);
                }
            }
        }
    }

    private void addChunk(
            int block, int chunk, byte[] tables, int table, HostBuffer sums, int token, NibbleScratch own) {
        long at = offset(block, chunk * NibbleShape.CHUNK);
        NibbleSums.sum(weights, at, shape.chunkGroups(chunk), tables, table, own.sums());
        int row = block * NibbleShape.ROWS;
        int count = Math.min(NibbleShape.ROWS, rows() - row);
        NibbleSums.widen(own.sums(), 0, sums.ints(), sums.row(token) + row, count, chunk == 0);
    }

    private void multiplyGroup(
            NibbleInput in, int token, int count, int fromBlock, int toBlock, HostBuffer sums, NibbleScratch own) {
        for (int tile = fromBlock; tile < toBlock; tile += NibbleScratch.BLOCKS) {
            int end = Math.min(toBlock, tile + NibbleScratch.BLOCKS);
            for (int chunk = 0; chunk < shape.chunks(); chunk++) {
                multiplyTile(in, token, count, tile, end, chunk, own);
            }
            store(tile, end, token, count, sums, own);
        }
    }

    /** Adds a chunk's part to the totals of a tile. */
    private void multiplyTile(NibbleInput in, int token, int count, int tile, int end, int chunk, NibbleScratch own) {
        int first = chunk * NibbleShape.CHUNK;
        int last = first + shape.chunkGroups(chunk);
        own.clearSums(end - tile);
        for (int group = first; group < last; group += TokenTables.PANEL) {
            int groups = Math.min(TokenTables.PANEL, last - group);
            short[] tables = own.buildPanel(in, token, count, group, groups);
            for (int block = tile; block < end; block++) {
                int to = (block - tile) * NibbleShape.ROWS * TokenTables.TOKENS;
                byte[] bytes = own.readPanel(weights, offset(block, group), groups);
                if (groups == TokenTables.PANEL) {
                    TokenTables.addPanel(bytes, tables, own.tokenSums(), to);
                } else {
                    TokenTables.addHalfPanel(bytes, tables, own.tokenSums(), to);
                }
            }
        }
        int size = (end - tile) * NibbleShape.ROWS * TokenTables.TOKENS;
        NibbleSums.widen(own.tokenSums(), 0, own.tokenTotals(), 0, size, chunk == 0);
    }

    /** Turns a tile's totals from (row, token) to the (token, row) of the result. */
    private void store(int tile, int end, int token, int count, HostBuffer sums, NibbleScratch own) {
        int[] totals = own.tokenTotals();
        for (int block = tile; block < end; block++) {
            int row = block * NibbleShape.ROWS;
            int rows = Math.min(NibbleShape.ROWS, rows() - row);
            int from = (block - tile) * NibbleShape.ROWS * TokenTables.TOKENS;
            for (int i = 0; i < count; i++) {
                int to = sums.row(token + i) + row;
                for (int r = 0; r < rows; r++) {
                    sums.ints()[to + r] = totals[from + r * TokenTables.TOKENS + i];
                }
            }
        }
    }
}
