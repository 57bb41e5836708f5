package org.ryzanstein.backend.avx512;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import org.ryzanstein.api.weight.WeightSource;
import org.ryzanstein.backend.cpu.HostBuffer;
import org.ryzanstein.backend.cpu.Parallel;
import org.ryzanstein.backend.cpu.PlacedItems;
import org.ryzanstein.backend.cpu.TernaryInput;
import org.ryzanstein.backend.cpu.TernaryMatrix;
import org.ryzanstein.backend.cpu.WeightMemory;

/**
 * Ternary weights as indexes into tables of partial sums, nine weights in 16 bits as {@link LookupShape} says.
 *
 * <p>Layout: (part, vector of a block, chunk, block of the part, word of the chunk, 32 rows). A block is 128 rows: four vectors
 * of 32. A part is what one thread multiplies. It is read as four streams, one for each vector of its blocks, from beginning to end
 * without a jump, so that the processor reads four pages ahead at a time in place of one; and the tables of one chunk serve all
 * blocks before the next chunk's are needed, so that they stay in the innermost cache.
 */
final class LookupMatrix extends TernaryMatrix {
    private static final int VECTORS = Lookup.ROWS / Lookup.TABLE;

    private final LookupShape shape;
    private final int blocks;
    private final int parts;
    /** Bytes that a vector of a block takes in a chunk. */
    private final int vectorBytes;

    private final PlacedItems placed;
    private final MemorySegment words;
    private final ThreadLocal<LookupScratch> scratch;

    private LookupMatrix(
            WeightSource.Ternary source, Parallel parallel, WeightMemory memory, ThreadLocal<LookupScratch> scratch) {
        super(source);
        this.shape = LookupShape.of(columns());
        this.blocks = Math.ceilDiv(rows(), Lookup.ROWS);
        this.parts = parallel.members();
        this.vectorBytes = shape.words() * Lookup.WORD_BYTES;
        this.placed = PlacedItems.allocate(blocks, (long) vectorBytes * shape.chunks() * VECTORS, parallel, memory);
        this.words = placed.memory();
        this.scratch = scratch;
    }

    static LookupMatrix pack(
            WeightSource.Ternary source, Parallel parallel, WeightMemory memory, ThreadLocal<LookupScratch> scratch) {
        LookupMatrix matrix = new LookupMatrix(source, parallel, memory, scratch);
        parallel.forRange(matrix.blocks, (from, to) -> {
            int end = Math.min(to * Lookup.ROWS, matrix.rows());
            byte[] digits = new byte[matrix.shape.rowWords() * LookupShape.WORD];
            short[] group = new short[matrix.shape.rowWords() * Lookup.TABLE];
            for (int first = from * Lookup.ROWS; first < end; first += Lookup.TABLE) {
                matrix.packGroup(source, first, Math.min(end, first + Lookup.TABLE), digits, group);
            }
        });
        return matrix;
    }

    /** Packs the rows of one vector, all their words before any is written, so that memory is written in order. */
    private void packGroup(WeightSource.Ternary source, int first, int end, byte[] digits, short[] group) {
        for (int row = first; row < end; row++) {
            source.readDigits(row, digits, 0);
            if (!LookupShape.pack(digits, group, row - first, Lookup.TABLE)) {
                throw refusal(row, digits);
            }
        }
        if (end - first < Lookup.TABLE) {
            clearLanes(group, end - first);
        }
        int block = first / Lookup.ROWS;
        int part = partOf(block);
        int vector = first % Lookup.ROWS / Lookup.TABLE;
        int chunkWords = shape.words() * Lookup.TABLE;
        for (int chunk = 0; chunk < shape.chunks(); chunk++) {
            long at = address(part, chunk, vector, block);
            MemorySegment.copy(group, chunk * chunkWords, words, Lookup.SHORT, at, chunkWords);
        }
    }

    /** Makes nothing of the lanes behind the last row. */
    private static void clearLanes(short[] group, int from) {
        for (int word = 0; word < group.length; word += Lookup.TABLE) {
            Arrays.fill(group, word + from, word + Lookup.TABLE, (short) 0);
        }
    }

    private IllegalArgumentException refusal(int row, byte[] digits) {
        int column = 0;
        while (Math.abs(digits[column]) <= 1) {
            column++;
        }
        return notTernary(row, column, digits[column]);
    }

    private int firstBlock(int part) {
        return Parallel.start(blocks, part, parts);
    }

    private int partOf(int block) {
        int part = (int) ((long) block * parts / blocks);
        while (firstBlock(part + 1) <= block) {
            part++;
        }
        return part;
    }

    /** Bytes of a stream: one vector of all of a part's blocks, in all chunks. */
    private long stream(int part) {
        return (long) (firstBlock(part + 1) - firstBlock(part)) * vectorBytes * shape.chunks();
    }

    /** Where a vector of a block begins in a chunk. */
    private long address(int part, int chunk, int vector, int block) {
        int first = firstBlock(part);
        int blocksOfPart = firstBlock(part + 1) - first;
        long inStream = ((long) chunk * blocksOfPart + block - first) * vectorBytes;
        return placed.at(first) + vector * stream(part) + inStream;
    }

    @Override
    protected long digitBytes() {
        return placed.bytes();
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
        int toBlock = Math.ceilDiv(to, Lookup.ROWS);
        for (int block = from / Lookup.ROWS; block < toBlock; ) {
            int part = partOf(block);
            int end = Math.min(toBlock, firstBlock(part + 1));
            multiplyPart(in, tokens, part, block, end, sums);
            block = end;
        }
    }

    private void multiplyPart(TernaryInput input, int tokens, int part, int fromBlock, int toBlock, HostBuffer sums) {
        LookupScratch own = scratch.get();
        for (int token = 0; token < tokens; token += LookupScratch.GROUP) {
            int count = Math.min(LookupScratch.GROUP, tokens - token);
            for (int chunk = 0; chunk < shape.chunks(); chunk++) {
                short[][] tables = own.buildTables(input, token, count, shape, chunk);
                multiplyChunk(part, chunk, tables, token, count, fromBlock, toBlock, sums, own);
            }
        }
    }

    /**
     * Adds a chunk's part of the products, or begins with it if it is the first.
     *
     * @param tables for each row of activations the chunk's tables
     * @param token the first of {@code count} rows of activations
     */
    private void multiplyChunk(
            int part,
            int chunk,
            short[][] tables,
            int token,
            int count,
            int fromBlock,
            int toBlock,
            HostBuffer sums,
            LookupScratch own) {
        long stream = stream(part);
        for (int block = fromBlock; block < toBlock; block++) {
            long at = address(part, chunk, 0, block);
            int i = 0;
            for (; i + 1 < count; i += 2) {
                multiplyTwo(at, stream, tables[i], tables[i + 1], own);
                widen(own.first(), chunk, block, sums, token + i);
                widen(own.second(), chunk, block, sums, token + i + 1);
            }
            if (i < count) {
                Lookup.sumOne(words, at, stream, shape.words(), tables[i], own.first());
                widen(own.first(), chunk, block, sums, token + i);
            }
        }
    }

    private void multiplyTwo(long at, long stream, short[] tables, short[] others, LookupScratch own) {
        for (int v = 0; v < VECTORS; v += 2) {
            long first = at + v * stream;
            int to = v * Lookup.TABLE;
            Lookup.sumTwo(words, first, stream, shape.words(), tables, others, own.first(), own.second(), to);
        }
    }

    private void widen(short[] partial, int chunk, int block, HostBuffer sums, int token) {
        int row = block * Lookup.ROWS;
        int count = Math.min(Lookup.ROWS, rows() - row);
        Lookup.widen(partial, sums.ints(), sums.row(token) + row, count, chunk == 0);
    }
}
