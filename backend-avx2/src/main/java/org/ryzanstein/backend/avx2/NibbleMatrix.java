package org.ryzanstein.backend.avx2;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import org.ryzanstein.api.weight.WeightSource;
import org.ryzanstein.backend.cpu.HostBuffer;
import org.ryzanstein.backend.cpu.Parallel;
import org.ryzanstein.backend.cpu.PlacedItems;
import org.ryzanstein.backend.cpu.TernaryInput;
import org.ryzanstein.backend.cpu.TernaryMatrix;
import org.ryzanstein.backend.cpu.WeightMemory;

/**
 * Ternary weights, four to a byte, as {@link NibbleShape} lays them out. One layout serves both kernels: few rows of
 * activations are multiplied one at a time by {@link NibbleSums}, many in groups of 32 by {@link TokenTables}.
 */
final class NibbleMatrix extends TernaryMatrix {
    private final NibbleShape shape;
    private final PlacedItems placed;
    /** Of the blocks of each memory node, which lie together. */
    private final NibbleShape[] shapes;

    private final MemorySegment weights;
    private final ThreadLocal<NibbleScratch> scratch;

    private NibbleMatrix(
            WeightSource.Ternary source, Parallel parallel, WeightMemory memory, ThreadLocal<NibbleScratch> scratch) {
        super(source);
        this.shape = NibbleShape.of(rows(), columns());
        this.placed = PlacedItems.allocate(shape.blocks(), shape.blockBytes(), parallel, memory);
        this.shapes = new NibbleShape[placed.nodes()];
        Arrays.setAll(shapes, node -> shape.withBlocks(placed.count(node)));
        this.weights = placed.memory();
        this.scratch = scratch;
    }

    static NibbleMatrix pack(
            WeightSource.Ternary source, Parallel parallel, WeightMemory memory, ThreadLocal<NibbleScratch> scratch) {
        NibbleMatrix matrix = new NibbleMatrix(source, parallel, memory, scratch);
        parallel.forRange(matrix.shape.blocks(), (from, to) -> {
            byte[] digits = new byte[matrix.columns()];
            int last = Math.min(matrix.rows(), to * NibbleShape.ROWS);
            for (int row = from * NibbleShape.ROWS; row < last; row++) {
                source.readDigits(row, digits, 0);
                matrix.packRow(row, digits);
            }
        });
        return matrix;
    }

    /** Where the bytes of a group lie in a block. */
    private long offset(int block, int group) {
        int node = placed.node(block);
        int first = placed.first(node);
        return placed.at(first) + shapes[node].offset(block - first, group);
    }

    private void packRow(int row, byte[] digits) {
        int block = row / NibbleShape.ROWS;
        int lane = row % NibbleShape.ROWS;
        for (int column = 0; column < digits.length; ) {
            long at = offset(block, column / NibbleShape.DIGITS) + lane;
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

    @Override
    protected long digitBytes() {
        return placed.bytes();
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
        NibbleScratch own = scratch.get();
        int fromBlock = from / NibbleShape.ROWS;
        int toBlock = Math.ceilDiv(to, NibbleShape.ROWS);
        for (int token = 0; token < tokens; token += TokenTables.TOKENS) {
            int count = Math.min(TokenTables.TOKENS, tokens - token);
            if (count <= NibbleScratch.FEW) {
                multiplyFew(in, token, count, fromBlock, toBlock, sums, own);
            } else {
                multiplyGroup(in, token, count, fromBlock, toBlock, sums, own);
            }
        }
    }

    /** By the tables of one chunk at a time, for all blocks. */
    private void multiplyFew(
            TernaryInput in, int from, int count, int fromBlock, int toBlock, HostBuffer sums, NibbleScratch own) {
        for (int chunk = 0; chunk < shape.chunks(); chunk++) {
            byte[][] tables = own.buildTables(in, from, count, shape, chunk);
            for (int block = fromBlock; block < toBlock; block++) {
                for (int i = 0; i < count; i++) {
                    addChunk(block, chunk, tables[i], sums, from + i, own);
                }
            }
        }
    }

    private void addChunk(int block, int chunk, byte[] tables, HostBuffer sums, int token, NibbleScratch own) {
        long at = offset(block, chunk * NibbleShape.CHUNK);
        NibbleSums.sum(weights, at, NibbleShape.ROWS, shape.chunkGroups(chunk), tables, own.sums());
        int row = block * NibbleShape.ROWS;
        int count = Math.min(NibbleShape.ROWS, rows() - row);
        NibbleSums.widen(own.sums(), sums.ints(), sums.row(token) + row, count, chunk == 0);
    }

    private void multiplyGroup(
            TernaryInput in, int token, int count, int fromBlock, int toBlock, HostBuffer sums, NibbleScratch own) {
        TokenScratch tile = own.tokens();
        int tiles = Math.ceilDiv(toBlock - fromBlock, TokenScratch.BLOCKS);
        for (int i = 0; i < tiles; i++) {
            int block = fromBlock + Parallel.start(toBlock - fromBlock, i, tiles);
            int blocks = fromBlock + Parallel.start(toBlock - fromBlock, i + 1, tiles) - block;
            tile.begin();
            for (int group = 0; group < shape.groups(); group += TokenTables.PANEL) {
                int groups = Math.min(TokenTables.PANEL, shape.groups() - group);
                tile.addPanel(
                        in, token, count, group, groups, weights, offset(block, group), shape.stride(group), blocks);
            }
            int row = block * NibbleShape.ROWS;
            tile.store(row, Math.min(blocks * NibbleShape.ROWS, rows() - row), token, count, sums);
        }
    }
}
