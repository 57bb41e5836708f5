package org.ryzanstein.server.bench;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import java.util.function.DoubleSupplier;
import org.ryzanstein.api.kernel.Buffer;
import org.ryzanstein.api.kernel.ElementType;
import org.ryzanstein.api.kernel.HeadOutput;
import org.ryzanstein.api.kernel.KernelBackend;
import org.ryzanstein.api.kernel.KernelBackends;
import org.ryzanstein.api.kernel.KvCache;
import org.ryzanstein.api.kernel.KvSpec;
import org.ryzanstein.api.kernel.KvType;
import org.ryzanstein.api.kernel.MatrixUse;
import org.ryzanstein.api.kernel.MatrixWeights;
import org.ryzanstein.api.kernel.PreparedStep;
import org.ryzanstein.api.kernel.QuantizedActivations;
import org.ryzanstein.api.kernel.RopeStyle;
import org.ryzanstein.api.kernel.RopeTable;
import org.ryzanstein.api.kernel.RowSet;
import org.ryzanstein.api.kernel.StepBatch;
import org.ryzanstein.api.kernel.StepRecorder;
import org.ryzanstein.api.kernel.StepShape;
import org.ryzanstein.api.kernel.VectorWeights;
import org.ryzanstein.api.numerics.ContractMath;
import org.ryzanstein.api.weight.WeightSource;
import org.ryzanstein.loader.parallel.SpinParkTeam;

/** The operations of a transformer layer and of the head on one backend, each by itself, through the kernel SPI alone. */
final class KernelSet implements AutoCloseable {
    private static final int[] ATTENTION_LENGTHS = {128, 512, 2048};
    private static final int KV_BLOCK = 32;
    private static final int PLAIN_ROWS = 64;
    private static final float EPSILON = 1e-5f;
    /** Runs of a short operation in one step, so that its cost counts and not the step's. */
    private static final int REPEATS = 8;
    /** Multiplications that a comparison with a naive product may take. */
    private static final long CHECKED_PRODUCTS = 100_000_000;

    private final KernelInputs inputs;
    private final SpinParkTeam team;
    private final KernelBackend backend;
    private final int batchTokens;
    private final List<KernelCase> cases = new ArrayList<>();

    private KernelSet(KernelInputs inputs, SpinParkTeam team, KernelBackend backend, int batchTokens) {
        this.inputs = inputs;
        this.team = team;
        this.backend = backend;
        this.batchTokens = batchTokens;
    }

    /**
     * Packs weights and records all steps.
     *
     * @param inputs closed with it
     * @param batchTokens tokens of the cases that stand for prefill
     */
    static KernelSet open(KernelInputs inputs, Optional<String> backendName, int threads, int batchTokens) {
        SpinParkTeam team = new SpinParkTeam(threads);
        KernelSet set = new KernelSet(
                inputs, team, KernelBackends.choose(backendName).provider().open(team), batchTokens);
        try {
            set.prepare();
            return set;
        } catch (RuntimeException | Error e) {
            set.close();
            throw e;
        }
    }

    String backend() {
        return backend.name();
    }

    List<KernelCase> cases() {
        return List.copyOf(cases);
    }

    KernelCase find(String name) {
        return cases.stream()
                .filter(one -> one.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("no kernel \"" + name + "\""));
    }

    private void prepare() {
        cases.add(plainDouble(inputs.matrices().getFirst().source().columns()));
        List<Integer> sizes = batchTokens > 1 ? List.of(1, batchTokens) : List.of(1);
        for (KernelInputs.Matrix matrix : inputs.matrices()) {
            MatrixWeights packed = backend.packMatrix(matrix.source(), Set.of(MatrixUse.LINEAR));
            for (int tokens : sizes) {
                cases.add(
                        matrix.source() instanceof WeightSource.Ternary ternary
                                ? multiply(matrix.name(), ternary, packed, tokens)
                                : linear(matrix.name(), matrix.source(), packed, tokens));
            }
        }
        MatrixWeights head = backend.packMatrix(inputs.head(), Set.of(MatrixUse.HEAD));
        cases.add(head("head-best", head, 1));
        cases.add(head("head-all", head, StepBatch.DISTRIBUTION));
        attention(sizes);
        sizes.forEach(this::rowOperations);
    }

    private static String name(String operation, WeightSource source, int tokens) {
        return "%s-%dx%d-t%d".formatted(operation, source.rows(), source.columns(), tokens);
    }

    private Buffer floats(int tokens, int columns) {
        return backend.allocate(ElementType.FLOAT32, RowSet.TOKENS, tokens, columns);
    }

    private static float[] random(int length) {
        SplittableRandom random = new SplittableRandom(length);
        float[] values = new float[length];
        for (int i = 0; i < length; i++) {
            values[i] = (float) random.nextDouble(-1, 1);
        }
        return values;
    }

    /** A buffer of random values. */
    private Buffer input(int tokens, float[] values) {
        Buffer buffer = floats(tokens, values.length / tokens);
        backend.queue().upload(MemorySegment.ofArray(values), buffer, tokens);
        return buffer;
    }

    /** A batch of one sequence's tokens from a position on. */
    private static StepBatch batch(int first, int tokens, int wanted) {
        int blocks = Math.ceilDiv(first + tokens, KV_BLOCK);
        StepBatch batch = new StepBatch(tokens, 1, blocks);
        for (int block = 0; block < blocks; block++) {
            batch.setBlock(0, block, block);
        }
        for (int i = 0; i < tokens; i++) {
            batch.add(0, 0, first + i, wanted);
        }
        return batch;
    }

    private Runnable step(StepBatch batch, int repeats, Consumer<StepRecorder> operation) {
        PreparedStep step = backend.prepare(new StepShape(batch.tokens(), batch.outputs()), ops -> {
            for (int i = 0; i < repeats; i++) {
                operation.accept(ops);
            }
        });
        return () -> {
            backend.queue().submit(step, batch);
            backend.queue().await();
        };
    }

    private static int repeats(int tokens) {
        return tokens == 1 ? REPEATS : 1;
    }

    private KernelCase multiply(String name, WeightSource.Ternary source, MatrixWeights packed, int tokens) {
        int columns = source.columns();
        Buffer in = input(tokens, random(tokens * columns));
        Buffer statistics = floats(tokens, 1 + Math.ceilDiv(columns, ContractMath.NORM_BLOCK));
        QuantizedActivations quantized = backend.allocateQuantized(tokens, columns);
        Buffer sums = backend.allocate(ElementType.INT32, RowSet.TOKENS, tokens, source.rows());
        StepBatch batch = batch(0, tokens, 0);
        step(batch, 1, ops -> {
                    ops.normStatistics(in, null, ContractMath.NORM_BLOCK, statistics);
                    ops.quantize(in, null, statistics, columns, EPSILON, quantized);
                })
                .run();
        return new KernelCase(
                name("multiply-" + name, source, tokens),
                tokens,
                (long) source.rows() * columns * tokens,
                (long) source.rows() * columns,
                packed.bytesPerProduct(),
                packed.layout(),
                repeats(tokens),
                step(batch, repeats(tokens), ops -> ops.multiply(quantized, packed, sums)),
                () -> {
                    byte[] digits = new byte[tokens * columns];
                    backend.queue().download(quantized, tokens, digits, new float[tokens]);
                    int[] found = new int[tokens * source.rows()];
                    backend.queue().download(sums, tokens, MemorySegment.ofArray(found));
                    return error(
                            source,
                            tokens,
                            (token, row) -> found[token * source.rows() + row],
                            (token, row) -> NaiveProducts.ternary(source, row, digits, token * columns));
                });
    }

    private KernelCase linear(String name, WeightSource source, MatrixWeights packed, int tokens) {
        float[] values = random(tokens * source.columns());
        Buffer in = input(tokens, values);
        Buffer out = floats(tokens, source.rows());
        return new KernelCase(
                name("linear-" + name, source, tokens),
                tokens,
                (long) source.rows() * source.columns() * tokens,
                (long) source.rows() * source.columns(),
                packed.bytesPerProduct(),
                packed.layout(),
                repeats(tokens),
                step(batch(0, tokens, 0), repeats(tokens), ops -> ops.linear(in, packed, out)),
                () -> {
                    float[] found = new float[tokens * source.rows()];
                    backend.queue().download(out, tokens, MemorySegment.ofArray(found));
                    return error(
                            source,
                            tokens,
                            (token, row) -> found[token * source.rows() + row],
                            (token, row) -> NaiveProducts.linear(source, row, values, token * source.columns()));
                });
    }

    private KernelCase head(String name, MatrixWeights packed, int wanted) {
        WeightSource source = inputs.head();
        float[] values = random(source.columns());
        Buffer in = backend.allocate(ElementType.FLOAT32, RowSet.OUTPUTS, 1, source.columns());
        backend.queue().upload(MemorySegment.ofArray(values), in, 1);
        HeadOutput out = backend.allocateHead(1, source.rows(), 1);
        boolean all = wanted == StepBatch.DISTRIBUTION;
        DoubleSupplier error = () -> {
            float[] logits = new float[source.rows()];
            if (all) {
                out.copyLogits(0, logits);
                return error(
                        source,
                        1,
                        (token, row) -> logits[row],
                        (token, row) -> NaiveProducts.linear(source, row, values, 0));
            }
            double expected = NaiveProducts.linear(source, out.id(0, 0), values, 0);
            return Math.abs(out.logit(0, 0) - expected) / Math.abs(expected);
        };
        return new KernelCase(
                name(name, source, 1),
                1,
                (long) source.rows() * source.columns(),
                (long) source.rows() * source.columns(),
                all ? packed.bytesPerProduct() : packed.bytesPerCandidate(),
                packed.layout(),
                1,
                step(batch(0, 1, wanted), 1, ops -> ops.head(in, packed, 0, out)),
                error);
    }

    /** An element of a product. */
    @FunctionalInterface
    private interface Element {
        double at(int token, int row);
    }

    /** Of the first and the last token, over as many rows, evenly spread, as don't take long. */
    private static double error(WeightSource source, int tokens, Element found, Element expected) {
        long rows = Math.max(1, CHECKED_PRODUCTS / 2 / source.columns());
        int stride = (int) Math.max(1, Math.ceilDiv(source.rows(), rows));
        double largest = 0;
        double difference = 0;
        for (int token = 0; token < tokens; token += Math.max(1, tokens - 1)) {
            for (int row = 0; row < source.rows(); row += stride) {
                double exact = expected.at(token, row);
                largest = Math.max(largest, Math.abs(exact));
                difference = Math.max(difference, Math.abs(found.at(token, row) - exact));
            }
        }
        return largest == 0 ? difference : difference / largest;
    }

    /** One token after so many positions, and a chunk of tokens from the first position on. */
    private void attention(List<Integer> sizes) {
        KernelInputs.Shape shape = inputs.shape();
        int longest = ATTENTION_LENGTHS[ATTENTION_LENGTHS.length - 1];
        int kvWidth = shape.kvHeads() * shape.headDim();
        KvCache cache = backend.allocateKv(new KvSpec(
                1, shape.kvHeads(), shape.headDim(), Math.ceilDiv(longest, KV_BLOCK), KV_BLOCK, KvType.FLOAT32));
        Buffer stored = input(KV_BLOCK, random(KV_BLOCK * kvWidth));
        for (int first = 0; first < longest; first += KV_BLOCK) {
            step(batch(first, KV_BLOCK, 0), 1, ops -> ops.storeKv(cache, 0, stored, stored))
                    .run();
        }
        for (int length : ATTENTION_LENGTHS) {
            attention(cache, length - 1, 1, length);
        }
        for (int tokens : sizes) {
            if (tokens > 1 && tokens <= longest) {
                attention(cache, 0, tokens, (tokens + 1) / 2.0);
            }
        }
    }

    private void attention(KvCache cache, int first, int tokens, double meanPositions) {
        KernelInputs.Shape shape = inputs.shape();
        int width = shape.heads() * shape.headDim();
        Buffer queries = input(tokens, random(tokens * width));
        Buffer out = floats(tokens, width);
        int[] kvHeadOf = new int[shape.heads()];
        for (int head = 0; head < kvHeadOf.length; head++) {
            kvHeadOf[head] = head / (shape.heads() / shape.kvHeads());
        }
        float scale = (float) (1 / Math.sqrt(shape.headDim()));
        cases.add(plain(
                "attention-%d-t%d".formatted(first + tokens, tokens),
                tokens,
                (long) (2 * meanPositions * width * tokens),
                (long) (first + tokens) * 2 * shape.kvHeads() * shape.headDim() * ElementType.BYTES,
                step(
                        batch(first, tokens, 0),
                        repeats(tokens),
                        ops -> ops.attention(cache, 0, queries, kvHeadOf, scale, out))));
    }

    /**
     * What others are measured by: a matrix of doubles times a vector by the loop that anybody would write, on one thread, with
     * rows that fit a cache.
     */
    private static KernelCase plainDouble(int columns) {
        double[][] weights = new double[PLAIN_ROWS][columns];
        double[] in = new double[columns];
        SplittableRandom random = new SplittableRandom(columns);
        Arrays.setAll(in, i -> random.nextDouble(-1, 1));
        for (double[] row : weights) {
            Arrays.setAll(row, i -> random.nextInt(-1, 2));
        }
        double[] out = new double[PLAIN_ROWS];
        long products = (long) PLAIN_ROWS * columns;
        return new KernelCase(
                "plain-double-%dx%d-t1".formatted(PLAIN_ROWS, columns),
                1,
                products,
                products,
                products * Double.BYTES,
                "",
                1,
                () -> NaiveProducts.doubles(weights, in, out),
                () -> Double.NaN);
    }

    private static KernelCase plain(String name, int tokens, long products, long bytes, Runnable step) {
        return new KernelCase(name, tokens, products, 0, bytes, "", repeats(tokens), step, () -> Double.NaN);
    }

    /** What works on rows of activations: their bytes are read and written. */
    private void rowOperations(int tokens) {
        KernelInputs.Shape shape = inputs.shape();
        int hidden = shape.hidden();
        StepBatch batch = batch(0, tokens, 0);
        Buffer x = input(tokens, random(tokens * hidden));
        Buffer out = floats(tokens, hidden);
        VectorWeights gain = backend.packVector(new Ones(hidden));
        Buffer statistics = floats(tokens, 1 + Math.ceilDiv(hidden, ContractMath.NORM_BLOCK));
        QuantizedActivations quantized = backend.allocateQuantized(tokens, hidden);
        row("norm-quantize", tokens, hidden, batch, ops -> {
            ops.normStatistics(x, gain, ContractMath.NORM_BLOCK, statistics);
            ops.quantize(x, gain, statistics, hidden, EPSILON, quantized);
        });
        row("rms-norm", tokens, hidden, batch, ops -> ops.rmsNorm(x, gain, EPSILON, out));
        int width = shape.heads() * shape.headDim();
        Buffer heads = input(tokens, random(tokens * width));
        RopeTable rope = rope(Math.max(tokens, 1), shape.headDim());
        row("rope", tokens, width, batch, ops -> ops.rope(heads, shape.headDim(), rope));
        int feedForward = shape.feedForward();
        Buffer gate = input(tokens, random(tokens * feedForward));
        Buffer up = input(tokens, random(tokens * feedForward));
        Buffer gated = floats(tokens, feedForward);
        row(
                "gate-" + shape.gate().name().toLowerCase(Locale.ROOT).replace('_', '-'),
                tokens,
                feedForward,
                batch,
                ops -> ops.gate(shape.gate(), gate, up, gated));
    }

    private void row(String name, int tokens, int columns, StepBatch batch, Consumer<StepRecorder> operation) {
        cases.add(plain(
                "%s-%d-t%d".formatted(name, columns, tokens),
                tokens,
                0,
                (long) tokens * columns * ElementType.BYTES,
                step(batch, repeats(tokens), operation)));
    }

    private RopeTable rope(int positions, int dimension) {
        float[] cos = new float[positions * dimension / 2];
        float[] sin = new float[cos.length];
        for (int i = 0; i < cos.length; i++) {
            cos[i] = (float) Math.cos(i);
            sin[i] = (float) Math.sin(i);
        }
        return backend.packRope(RopeStyle.HALF_SPLIT, positions, dimension, cos, sin);
    }

    /** Gains of a norm that change nothing. */
    private record Ones(int columns) implements WeightSource.Floats {
        @Override
        public String name() {
            return "gains of 1";
        }

        @Override
        public int rows() {
            return 1;
        }

        @Override
        public FloatFormat format() {
            return FloatFormat.FLOAT32;
        }

        @Override
        public void readFloats(int row, float[] destination, int offset) {
            java.util.Arrays.fill(destination, offset, offset + columns, 1f);
        }
    }

    @Override
    public void close() {
        backend.close();
        team.close();
        inputs.close();
    }
}
