package org.ryzanstein.backend.cpu;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.ryzanstein.api.kernel.Buffer;
import org.ryzanstein.api.kernel.ElementType;
import org.ryzanstein.api.kernel.ExecutionQueue;
import org.ryzanstein.api.kernel.GateKind;
import org.ryzanstein.api.kernel.HeadOutput;
import org.ryzanstein.api.kernel.KvCache;
import org.ryzanstein.api.kernel.MatrixWeights;
import org.ryzanstein.api.kernel.QuantizedActivations;
import org.ryzanstein.api.kernel.RopeTable;
import org.ryzanstein.api.kernel.RowSet;
import org.ryzanstein.api.kernel.StepBatch;
import org.ryzanstein.api.kernel.StepRecorder;
import org.ryzanstein.api.kernel.StepShape;
import org.ryzanstein.api.kernel.ThreadTeam;
import org.ryzanstein.api.kernel.VectorWeights;
import org.ryzanstein.backend.cpu.Operation.Body;
import org.ryzanstein.backend.cpu.Operation.Items;

/** Checks shapes and turns each call into an {@link Operation}. */
final class CpuRecorder implements StepRecorder {
    private final CpuKernels kernels;
    private final StepShape shape;
    private final ThreadTeam team;
    private final ExecutionQueue queue;
    private final List<Operation> operations = new ArrayList<>();
    private final Set<PagedKvCache> caches = new LinkedHashSet<>();
    private final List<HeadOperation> heads = new ArrayList<>();
    private final Map<AttentionForm, AttentionKernel[]> attention = new HashMap<>();
    private final LinearScratch linearScratch;
    /** The buffer whose rows were converted for the operation before, and their form. */
    private @Nullable HostBuffer preparedInput;

    private @Nullable Object preparedForm;
    private BatchLimits limits = BatchLimits.NONE;

    CpuRecorder(CpuKernels kernels, StepShape shape, ThreadTeam team, ExecutionQueue queue) {
        this.kernels = kernels;
        this.shape = shape;
        this.team = team;
        this.queue = queue;
        this.linearScratch = new LinearScratch(kernels, team.size());
    }

    CpuStep finish() {
        return new CpuStep(shape, limits, team, operations, caches, heads);
    }

    private void add(Operation operation) {
        operations.add(operation);
        preparedInput = null;
        preparedForm = null;
    }

    /** An operation whose rows do not look at each other. */
    private void addRowLocal(RowSet rows, Body body) {
        add(new Operation(Items.each(rows), true, body));
    }

    private void addShared(Items items, Body body) {
        add(new Operation(items, false, body));
    }

    private HostBuffer floats(Buffer buffer, String role) {
        return checkRoom(HostBuffer.of(buffer, ElementType.FLOAT32), role);
    }

    private HostBuffer checkRoom(HostBuffer buffer, String role) {
        int rows = buffer.rowSet() == RowSet.TOKENS ? shape.maxTokens() : shape.maxOutputs();
        if (buffer.rows() < rows) {
            throw new IllegalArgumentException(
                    role + ": room for " + buffer.rows() + " rows, the step may have " + rows);
        }
        return buffer;
    }

    private static void checkColumns(String role, int found, int expected) {
        if (found != expected) {
            throw new IllegalArgumentException(role + ": " + found + " columns, expected " + expected);
        }
    }

    private static void checkRowSet(String role, RowSet found, RowSet expected) {
        if (found != expected) {
            throw new IllegalArgumentException(role + ": rows are " + found + ", expected " + expected);
        }
    }

    static TernaryInput ternaryInput(QuantizedActivations activations) {
        if (activations instanceof TernaryInput own) {
            return own;
        }
        throw new IllegalArgumentException(
                "activations of another backend: " + activations.getClass().getName());
    }

    private TernaryInput ternaryInput(QuantizedActivations activations, int columns) {
        TernaryInput own = ternaryInput(activations);
        checkColumns("quantized activations", own.columns(), columns);
        if (own.rows() < shape.maxTokens()) {
            throw new IllegalArgumentException(
                    "quantized activations: room for " + own.rows() + " rows, the step may have " + shape.maxTokens());
        }
        return own;
    }

    private static TernaryMatrix ternary(MatrixWeights weights) {
        if (weights instanceof TernaryMatrix own) {
            return own;
        }
        throw new IllegalArgumentException(
                weights.name() + ": expected ternary weights of this backend, found " + weights.layout());
    }

    private static float @Nullable [] gainOf(@Nullable VectorWeights gain, int columns) {
        if (gain == null) {
            return null;
        }
        checkColumns("gain " + gain.name(), gain.length(), columns);
        return HostVector.valuesOf(gain);
    }

    @Override
    public void embed(MatrixWeights table, Buffer out) {
        HostBuffer target = floats(out, "out");
        checkColumns("out", target.columns(), table.columns());
        checkRowSet("out", target.rowSet(), RowSet.TOKENS);
        EmbeddingTable rows = EmbeddingTable.of(table);
        limits = limits.withVocabulary(rows.rows());
        addRowLocal(RowSet.TOKENS, (step, batch, from, to, member) -> {
            for (int token = from; token < to; token++) {
                rows.decode(batch.id(token), target.floats(), target.row(token));
            }
        });
    }

    @Override
    public void normStatistics(Buffer in, @Nullable VectorWeights gain, int blockSize, Buffer out) {
        HostBuffer source = floats(in, "in");
        HostBuffer target = floats(out, "out");
        if (blockSize < 1) {
            throw new IllegalArgumentException("block size " + blockSize);
        }
        checkColumns("out", target.columns(), 1 + Math.ceilDiv(source.columns(), blockSize));
        checkRowSet("out", target.rowSet(), source.rowSet());
        float[] gains = gainOf(gain, source.columns());
        addRowLocal(source.rowSet(), (step, batch, from, to, member) -> {
            for (int row = from; row < to; row++) {
                kernels.normStatistics(
                        source.floats(),
                        source.row(row),
                        source.columns(),
                        gains,
                        blockSize,
                        target.floats(),
                        target.row(row));
            }
        });
    }

    @Override
    public void quantizePart(
            Buffer in,
            @Nullable VectorWeights gain,
            Buffer statistics,
            int[] shardColumns,
            int normColumns,
            float epsilon,
            QuantizedActivations out,
            int firstColumn) {
        HostBuffer source = floats(in, "in");
        HostBuffer sums = floats(statistics, "statistics");
        TernaryInput target = ternaryInput(out, out.columns());
        checkRowSet("in", source.rowSet(), RowSet.TOKENS);
        checkRowSet("statistics", sums.rowSet(), RowSet.TOKENS);
        if (firstColumn < 0
                || firstColumn % ElementType.BYTES != 0
                || firstColumn > target.columns() - source.columns()) {
            throw new IllegalArgumentException("in: " + source.columns() + " columns from " + firstColumn + " on of "
                    + target.columns() + ", expected them within, from a multiple of " + ElementType.BYTES);
        }
        if (sums.columns() < 1 || normColumns < 1) {
            throw new IllegalArgumentException(
                    "statistics of " + sums.columns() + " columns for a norm over " + normColumns);
        }
        int[] shards = shardColumns.clone();
        if (Arrays.stream(shards).anyMatch(columns -> columns < 1)
                || Arrays.stream(shards).asLongStream().sum() != sums.columns()) {
            throw new IllegalArgumentException(
                    "statistics of " + sums.columns() + " columns, for shards of " + Arrays.toString(shards));
        }
        float[] gains = gainOf(gain, source.columns());
        NormScale[] scales = new NormScale[team.size()];
        Arrays.setAll(scales, member -> new NormScale());
        addRowLocal(RowSet.TOKENS, (step, batch, from, to, member) -> {
            NormScale scale = scales[member];
            for (int row = from; row < to; row++) {
                int at = row * target.stride() + firstColumn;
                if (scale.compute(sums.floats(), sums.row(row), shards, gains != null, normColumns, epsilon)) {
                    kernels.quantize(
                            source.floats(),
                            source.row(row),
                            source.columns(),
                            gains,
                            scale.scale(),
                            target.bytes(),
                            at);
                } else {
                    Arrays.fill(target.bytes(), at, at + source.columns(), (byte) 0);
                    step.fault(row);
                }
                target.factors()[row] = scale.factor();
            }
        });
    }

    @Override
    public void takeDigits(QuantizedActivations activations) {
        TernaryInput target = ternaryInput(activations, activations.columns());
        addRowLocal(RowSet.TOKENS, (step, batch, from, to, member) -> {
            for (int row = from; row < to; row++) {
                target.finish(row);
            }
        });
    }

    @Override
    public void multiply(QuantizedActivations in, MatrixWeights weights, Buffer sums) {
        TernaryMatrix matrix = ternary(weights);
        TernaryInput source = ternaryInput(in, matrix.columns());
        HostBuffer target = checkRoom(HostBuffer.of(sums, ElementType.INT32), "sums");
        checkRowSet("sums", target.rowSet(), RowSet.TOKENS);
        checkColumns("sums", target.columns(), matrix.rows());
        int group = matrix.rowGroup();
        addShared(
                rowGroups(matrix.rows(), group),
                (step, batch, from, to, member) -> matrix.multiply(
                        source, batch.tokens(), from * group, Math.min(to * group, matrix.rows()), target));
    }

    @Override
    public void rescale(Buffer sums, QuantizedActivations in, MatrixWeights weights, int firstRow, Buffer out) {
        TernaryMatrix matrix = ternary(weights);
        TernaryInput activations = ternaryInput(in, matrix.columns());
        HostBuffer source = checkRoom(HostBuffer.of(sums, ElementType.INT32), "sums");
        HostBuffer target = floats(out, "out");
        int rows = source.columns();
        if (firstRow < 0 || firstRow > matrix.rows() - rows) {
            throw new IllegalArgumentException("sums: " + rows + " columns, expected as many rows of the "
                    + matrix.rows() + " of the weights from " + firstRow + " on");
        }
        checkColumns("out", target.columns(), rows);
        checkRowSet("sums", source.rowSet(), RowSet.TOKENS);
        checkRowSet("out", target.rowSet(), RowSet.TOKENS);
        RowScales scales = matrix.scales();
        int group = matrix.rowGroup();
        add(new Operation(rowGroups(rows, group), true, (step, batch, from, to, member) -> {
            for (int token = 0; token < batch.tokens(); token++) {
                scales.apply(
                        kernels,
                        source.ints(),
                        source.row(token) - firstRow,
                        activations.factors()[token],
                        target.floats(),
                        target.row(token) - firstRow,
                        firstRow + from * group,
                        firstRow + Math.min(to * group, rows));
            }
        }));
    }

    private static Items rowGroups(int rows, int group) {
        return Items.fixed(Math.ceilDiv(rows, group));
    }

    @Override
    public void rmsNorm(Buffer in, VectorWeights gain, float epsilon, Buffer out) {
        HostBuffer source = floats(in, "in");
        HostBuffer target = floats(out, "out");
        checkSame(source, target, "out");
        if (gain.length() < 1 || source.columns() % gain.length() != 0) {
            throw new IllegalArgumentException("gain " + gain.name() + ": " + gain.length()
                    + " elements do not divide the row's " + source.columns());
        }
        float[] gains = HostVector.valuesOf(gain);
        addRowLocal(source.rowSet(), (step, batch, from, to, member) -> {
            for (int row = from; row < to; row++) {
                for (int group = 0; group < source.columns(); group += gains.length) {
                    kernels.rmsNorm(
                            source.floats(),
                            source.row(row) + group,
                            gains,
                            epsilon,
                            target.floats(),
                            target.row(row) + group);
                }
            }
        });
    }

    @Override
    public void linear(Buffer in, MatrixWeights weights, Buffer out) {
        HostBuffer source = floats(in, "in");
        HostBuffer target = floats(out, "out");
        checkColumns("out", target.columns(), weights.rows());
        checkRowSet("out", target.rowSet(), source.rowSet());
        addProduct(source, weights, new LinearMatrix.Output() {
            @Override
            public float[] values(int inputRow) {
                return target.floats();
            }

            @Override
            public int first(int inputRow) {
                return target.row(inputRow);
            }
        });
    }

    private void addProduct(HostBuffer source, MatrixWeights weights, LinearMatrix.Output out) {
        checkColumns("in", source.columns(), weights.columns());
        LinearMatrix matrix = LinearMatrix.of(weights);
        LinearMatrix.Product product = LinearMatrix.product(matrix, source, linearScratch);
        RowSet rows = source.rowSet();
        Object form = product.inputForm();
        boolean prepared = source.equals(preparedInput) && Objects.equals(form, preparedForm);
        if (form != null && !prepared) {
            addRowLocal(rows, (step, batch, from, to, member) -> prepareRows(product, rows, step, batch, from, to));
        }
        int group = matrix.rowGroup();
        addShared(
                Items.fixed(Math.ceilDiv(matrix.rows(), group)),
                (step, batch, from, to, member) -> product.multiply(
                        Operation.rowsOf(rows, batch), from * group, Math.min(to * group, matrix.rows()), member, out));
        if (form != null) {
            preparedInput = source;
            preparedForm = form;
        }
    }

    private static void prepareRows(
            LinearMatrix.Product product, RowSet rows, CpuStep step, StepBatch batch, int from, int to) {
        int count = Operation.rowsOf(rows, batch);
        for (int row = from; row < to; row++) {
            if (!product.prepare(row, count)) {
                step.fault(rows == RowSet.TOKENS ? row : batch.outputToken(row));
            }
        }
    }

    private static void checkSame(HostBuffer expected, HostBuffer found, String role) {
        checkColumns(role, found.columns(), expected.columns());
        checkRowSet(role, found.rowSet(), expected.rowSet());
    }

    @Override
    public void addBias(Buffer x, VectorWeights bias) {
        HostBuffer target = floats(x, "x");
        checkColumns("bias " + bias.name(), bias.length(), target.columns());
        float[] values = HostVector.valuesOf(bias);
        addRowLocal(target.rowSet(), (step, batch, from, to, member) -> {
            for (int row = from; row < to; row++) {
                kernels.add(target.floats(), target.row(row), values, 0, target.columns());
            }
        });
    }

    @Override
    public void add(Buffer x, Buffer y) {
        HostBuffer target = floats(x, "x");
        HostBuffer source = floats(y, "y");
        checkSame(target, source, "y");
        addRowLocal(target.rowSet(), (step, batch, from, to, member) -> {
            for (int row = from; row < to; row++) {
                kernels.add(target.floats(), target.row(row), source.floats(), source.row(row), target.columns());
            }
        });
    }

    @Override
    public void copy(Buffer in, Buffer out) {
        HostBuffer source = floats(in, "in");
        HostBuffer target = floats(out, "out");
        checkSame(source, target, "out");
        addRowLocal(source.rowSet(), (step, batch, from, to, member) -> {
            for (int row = from; row < to; row++) {
                System.arraycopy(source.floats(), source.row(row), target.floats(), target.row(row), source.columns());
            }
        });
    }

    @Override
    public void gate(GateKind kind, Buffer gate, Buffer up, Buffer out) {
        HostBuffer gates = floats(gate, "gate");
        HostBuffer ups = floats(up, "up");
        HostBuffer target = floats(out, "out");
        checkSame(gates, ups, "up");
        checkSame(gates, target, "out");
        addRowLocal(gates.rowSet(), (step, batch, from, to, member) -> {
            for (int row = from; row < to; row++) {
                kernels.gate(
                        kind,
                        gates.floats(),
                        gates.row(row),
                        ups.floats(),
                        ups.row(row),
                        target.floats(),
                        target.row(row),
                        gates.columns());
            }
        });
    }

    @Override
    public void rope(Buffer x, int headDimension, RopeTable table) {
        HostBuffer target = floats(x, "x");
        checkRowSet("x", target.rowSet(), RowSet.TOKENS);
        if (!(table instanceof HostRope rope)) {
            throw new IllegalArgumentException("rotation table of another backend");
        }
        if (headDimension < rope.dimension() || target.columns() % headDimension != 0) {
            throw new IllegalArgumentException(
                    "x: " + target.columns() + " columns, expected a multiple of the head size " + headDimension
                            + ", at least the table's " + rope.dimension());
        }
        limits = limits.withPositions(rope.positions());
        addRowLocal(RowSet.TOKENS, (step, batch, from, to, member) -> {
            for (int token = from; token < to; token++) {
                for (int head = 0; head < target.columns(); head += headDimension) {
                    kernels.rotate(target.floats(), target.row(token) + head, rope, batch.position(token));
                }
            }
        });
    }

    private PagedKvCache cache(KvCache cache, int layer) {
        PagedKvCache own = PagedKvCache.of(cache);
        if (layer < 0 || layer >= own.spec().layers()) {
            throw new IllegalArgumentException(
                    "layer " + layer + " of a cache of " + own.spec().layers());
        }
        caches.add(own);
        return own;
    }

    @Override
    public void storeKv(KvCache cache, int layer, Buffer keys, Buffer values) {
        PagedKvCache own = cache(cache, layer);
        HostBuffer k = floats(keys, "keys");
        HostBuffer v = floats(values, "values");
        int size = own.spec().headDimension();
        checkColumns("keys", k.columns(), own.spec().kvHeads() * size);
        checkSame(k, v, "values");
        checkRowSet("keys", k.rowSet(), RowSet.TOKENS);
        addRowLocal(RowSet.TOKENS, (step, batch, from, to, member) -> {
            for (int token = from; token < to; token++) {
                int position = batch.position(token);
                float[] block = own.block(batch, batch.slot(token), position);
                for (int head = 0; head < own.spec().kvHeads(); head++) {
                    own.store(
                            block,
                            layer,
                            head,
                            position,
                            k.floats(),
                            k.row(token) + head * size,
                            v.floats(),
                            v.row(token) + head * size);
                }
            }
        });
    }

    @Override
    public void attention(KvCache cache, int layer, Buffer queries, int[] kvHeadOf, float scale, Buffer out) {
        PagedKvCache own = cache(cache, layer);
        HostBuffer q = floats(queries, "queries");
        HostBuffer target = floats(out, "out");
        int heads = kvHeadOf.length;
        int size = own.spec().headDimension();
        checkColumns("queries", q.columns(), heads * size);
        checkSame(q, target, "out");
        checkRowSet("queries", q.rowSet(), RowSet.TOKENS);
        int[] mapping = kvHeadOf.clone();
        for (int kvHead : mapping) {
            if (kvHead < 0 || kvHead >= own.spec().kvHeads()) {
                throw new IllegalArgumentException(
                        "KV head " + kvHead + " of " + own.spec().kvHeads());
            }
        }
        QueryTile[] tiles = new QueryTile[team.size()];
        Arrays.setAll(tiles, member -> new QueryTile(q, target, size));
        AttentionOperation operation = new AttentionOperation(layer, mapping, attentionKernels(own, scale), tiles);
        addShared(Items.fixed(team.size()), (step, batch, from, to, member) -> operation.run(step, batch, member));
    }

    /** The kernels of all layers are the same: no two of them run at a time. */
    private AttentionKernel[] attentionKernels(PagedKvCache cache, float scale) {
        AttentionKernel[] own = attention.get(new AttentionForm(cache, scale));
        if (own == null) {
            own = new AttentionKernel[team.size()];
            Arrays.setAll(own, member -> kernels.attention(cache, scale));
            attention.put(new AttentionForm(cache, scale), own);
        }
        return own;
    }

    /** What layers must have in common to share their kernels. */
    private record AttentionForm(PagedKvCache cache, float scale) {}

    @Override
    public void selectOutputs(Buffer in, Buffer out) {
        HostBuffer source = floats(in, "in");
        HostBuffer target = floats(out, "out");
        checkRowSet("in", source.rowSet(), RowSet.TOKENS);
        checkRowSet("out", target.rowSet(), RowSet.OUTPUTS);
        checkColumns("out", target.columns(), source.columns());
        addShared(Items.each(RowSet.OUTPUTS), (step, batch, from, to, member) -> {
            for (int row = from; row < to; row++) {
                System.arraycopy(
                        source.floats(),
                        source.row(batch.outputToken(row)),
                        target.floats(),
                        target.row(row),
                        source.columns());
            }
        });
    }

    @Override
    public void head(Buffer in, MatrixWeights weights, int firstToken, HeadOutput out) {
        HostBuffer source = floats(in, "in");
        checkRowSet("in", source.rowSet(), RowSet.OUTPUTS);
        HostHead target = HostHead.of(out);
        if (target.vocabularySize() != weights.rows() || target.maxRows() < shape.maxOutputs()) {
            throw new IllegalArgumentException("head output of " + target.vocabularySize() + " tokens and "
                    + target.maxRows() + " rows, expected " + weights.rows() + " tokens and " + shape.maxOutputs()
                    + " rows");
        }
        limits = limits.withCandidates(target.maxCandidates());
        checkColumns("in", source.columns(), weights.columns());
        LinearMatrix matrix = LinearMatrix.of(weights);
        LinearMatrix.Product product = LinearMatrix.product(matrix, source, linearScratch);
        HeadOperation head = new HeadOperation(
                matrix, product, source, target, firstToken, linearScratch, shape.maxOutputs(), team.size());
        heads.add(head);
        addRowLocal(RowSet.OUTPUTS, (step, batch, from, to, member) -> {
            head.prepare(batch, from, to);
            prepareRows(product, source.rowSet(), step, batch, from, to);
        });
        int group = HeadScan.ROWS;
        Items groups = Items.fixed(Math.ceilDiv(matrix.rows(), group));
        addShared(
                groups,
                (step, batch, from, to, member) ->
                        head.compute(batch, from * group, Math.min(to * group, matrix.rows()), member));
        addShared(
                groups,
                (step, batch, from, to, member) ->
                        head.select(batch, from * group, Math.min(to * group, matrix.rows()), member));
        addShared(Items.each(RowSet.OUTPUTS), (step, batch, from, to, member) -> {
            for (int row = from; row < to; row++) {
                if (!head.finish(batch, row)) {
                    step.fault(batch.outputToken(row));
                }
            }
        });
    }

    @Override
    public void call(Consumer<ExecutionQueue> action) {
        addShared(Items.fixed(1), (step, batch, from, to, member) -> action.accept(queue));
    }
}
