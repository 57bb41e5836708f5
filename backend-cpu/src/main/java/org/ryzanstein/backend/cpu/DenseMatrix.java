package org.ryzanstein.backend.cpu;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.ryzanstein.api.weight.WeightSource;
import org.ryzanstein.api.weight.WeightSource.FloatFormat;

/**
 * Floating-point weights in the file's own format, row by row: a copy, in which each row begins a cache line, or the rows as they
 * are stored, if few of them are read for a token.
 */
public final class DenseMatrix implements LinearMatrix, EmbeddingTable {
    /** Threads share out so many rows together. */
    private static final int ROW_GROUP = 16;
    /** Rows after which a file's pages are given back, where all are read once. */
    static final int PAGED_ROWS = 512;

    private static final ValueLayout.OfShort SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfFloat FLOAT =
            ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final String name;
    private final int rows;
    private final int columns;
    private final FloatFormat format;
    private final long rowBytes;
    private final MemorySegment memory;
    /** Rows of the copy; null: they are read where they are stored. */
    private final @Nullable PlacedItems copy;
    /** Rows that members share out together. */
    private final int group;

    private @Nullable HeadScan scan;

    private DenseMatrix(
            WeightSource.Floats source,
            FloatFormat format,
            long rowBytes,
            MemorySegment memory,
            @Nullable PlacedItems copy,
            int group) {
        this.name = source.name();
        this.rows = source.rows();
        this.columns = source.columns();
        this.format = format;
        this.rowBytes = rowBytes;
        this.memory = memory;
        this.copy = copy;
        this.group = group;
    }

    private static long bytesOf(int columns, FloatFormat format) {
        return (long) columns * (format == FloatFormat.FLOAT32 ? Float.BYTES : Short.BYTES);
    }

    /** Room for a copy. */
    private static DenseMatrix allocate(
            WeightSource.Floats source, FloatFormat format, int group, Parallel parallel, WeightMemory memory) {
        long rowBytes =
                Math.ceilDiv(bytesOf(source.columns(), format), WeightMemory.ALIGNMENT) * WeightMemory.ALIGNMENT;
        PlacedItems copy = PlacedItems.allocate(source.rows(), group, rowBytes, 0, parallel, memory);
        return new DenseMatrix(source, format, rowBytes, copy.memory(), copy, group);
    }

    /** Copies a matrix. Float16 weights that are not all finite become float32: kernels need not tell them apart. */
    static DenseMatrix pack(WeightSource.Floats source, Parallel parallel, WeightMemory memory) {
        return pack(source, ROW_GROUP, parallel, memory);
    }

    private static DenseMatrix pack(WeightSource.Floats source, int group, Parallel parallel, WeightMemory memory) {
        DenseMatrix matrix = allocate(source, source.format(), group, parallel, memory);
        if (matrix.packRows(source, parallel) || source.format() != FloatFormat.FLOAT16) {
            return matrix;
        }
        Objects.requireNonNull(matrix.copy).release(memory);
        DenseMatrix wide = allocate(source, FloatFormat.FLOAT32, group, parallel, memory);
        boolean finite = wide.packRows(source, parallel);
        assert !finite;
        return wide;
    }

    /** A matrix of which only single rows are read, so that it is left where it is stored, if it is. */
    static DenseMatrix packTable(WeightSource.Floats source, Parallel parallel, WeightMemory memory) {
        MemorySegment stored = source.stored();
        return stored == null
                ? pack(source, parallel, memory)
                : new DenseMatrix(
                        source, source.format(), bytesOf(source.columns(), source.format()), stored, null, ROW_GROUP);
    }

    /**
     * Packs a matrix of which the best rows will be asked for. A copy in eight bits tells which, so it is left where it is stored,
     * if it is: only few rows are read for a token then, unless all logits are wanted.
     */
    static DenseMatrix packHead(WeightSource.Floats source, Parallel parallel, WeightMemory memory) {
        DenseMatrix matrix = source.stored() == null
                ? pack(source, HeadScan.ROWS, parallel, memory)
                : packTable(source, parallel, memory);
        matrix.scan = HeadScan.of(matrix, parallel, memory);
        return matrix;
    }

    /** Returns whether all weights are finite. */
    private boolean packRows(WeightSource.Floats source, Parallel parallel) {
        AtomicBoolean finite = new AtomicBoolean(true);
        parallel.forGroups(rows, group, (from, to) -> {
            float[] values = new float[columns];
            short[] halves = new short[columns];
            for (int row = from; row < to; row++) {
                source.readFloats(row, values, 0);
                if (!allFinite(values)) {
                    finite.set(false);
                }
                packRow(row, values, halves);
            }
        });
        return finite.get();
    }

    private static boolean allFinite(float[] values) {
        return Float.isFinite(Float.intBitsToFloat(largestBits(values)));
    }

    /** The largest magnitude, as the bits of a float: they are ordered as integers, what is not finite above all else. */
    private static int largestBits(float[] values) {
        int largest = 0;
        for (float value : values) {
            largest = Math.max(largest, Float.floatToRawIntBits(value) & Integer.MAX_VALUE);
        }
        return largest;
    }

    private void packRow(int row, float[] values, short[] halves) {
        switch (format) {
            case FLOAT32 -> MemorySegment.copy(values, 0, memory, FLOAT, at(row), columns);
            case FLOAT16 -> {
                for (int i = 0; i < columns; i++) {
                    halves[i] = Float.floatToFloat16(values[i]);
                }
                MemorySegment.copy(halves, 0, memory, SHORT, at(row), columns);
            }
            case BFLOAT16 -> {
                for (int i = 0; i < columns; i++) {
                    halves[i] = (short) (Float.floatToRawIntBits(values[i]) >>> Short.SIZE);
                }
                MemorySegment.copy(halves, 0, memory, SHORT, at(row), columns);
            }
        }
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public int rows() {
        return rows;
    }

    @Override
    public int columns() {
        return columns;
    }

    @Override
    public long bytes() {
        return (copy == null ? 0 : copy.bytes()) + (scan == null ? 0 : scan.bytes());
    }

    @Override
    public long bytesPerProduct() {
        return rows * rowBytes;
    }

    @Override
    public long bytesPerCandidate() {
        return scan == null || scan.state() == HeadScan.State.UNSAFE ? bytesPerProduct() : scan.bytes();
    }

    @Override
    public String layout() {
        return format.name().toLowerCase(Locale.ROOT) + ", row by row" + (copy == null ? ", as stored" : "");
    }

    /**
     * Whether all weights of the rows {@code from .. to} are finite: adding one to an exponent of ones carries into the sign. The loop
     * takes several weights at a time, since it runs at a start, before it is well compiled.
     */
    boolean allFinite(int from, int to) {
        long exponents = exponentBits();
        long ones = exponents & ~(exponents << 1);
        long bytes = bytesOf(columns, format);
        long[] words = new long[Math.toIntExact(Math.ceilDiv(bytes, Long.BYTES))];
        MemorySegment row = MemorySegment.ofArray(words);
        long sums = 0;
        for (int i = from; i < to; i++) {
            MemorySegment.copy(memory, at(i), row, 0, bytes);
            for (long word : words) {
                sums |= (word & exponents) + ones;
            }
        }
        return (sums & ~exponents) == 0;
    }

    /** The exponents of as many weights as there are in a long. */
    private long exponentBits() {
        return switch (format) {
            case FLOAT32 -> 0x7f80_0000_7f80_0000L;
            case FLOAT16 -> 0x7c00_7c00_7c00_7c00L;
            case BFLOAT16 -> 0x7f80_7f80_7f80_7f80L;
        };
    }

    /** Gives back pages of the rows {@code from .. to}, if they are a file's. Whoever reads them again finds them there. */
    void releasePages(int from, int to) {
        if (copy == null && memory.isMapped()) {
            memory.asSlice(at(from), at(to) - at(from)).unload();
        }
    }

    /** The copy that an output head is searched by, if there is one. */
    @Nullable
    HeadScan scan() {
        return scan;
    }

    /** The format of the elements. */
    public FloatFormat format() {
        return format;
    }

    /** What the rows lie in. */
    public MemorySegment memory() {
        return memory;
    }

    /** Where a row begins. */
    public long at(int row) {
        return copy == null ? row * rowBytes : copy.at(row);
    }

    @Override
    public void decode(int row, float[] target, int offset) {
        long at = at(row);
        switch (format) {
            case FLOAT32 -> MemorySegment.copy(memory, FLOAT, at, target, offset, columns);
            case FLOAT16 -> {
                for (int i = 0; i < columns; i++) {
                    target[offset + i] = Float.float16ToFloat(memory.get(SHORT, at + (long) i * Short.BYTES));
                }
            }
            case BFLOAT16 -> {
                for (int i = 0; i < columns; i++) {
                    int bits = memory.get(SHORT, at + (long) i * Short.BYTES) << Short.SIZE;
                    target[offset + i] = Float.intBitsToFloat(bits);
                }
            }
        }
    }

    @Override
    public int rowGroup() {
        return ROW_GROUP;
    }
}
