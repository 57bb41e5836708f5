package org.ryzanstein.backend.cpu;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.ryzanstein.api.kernel.Buffer;
import org.ryzanstein.api.kernel.ElementType;
import org.ryzanstein.api.kernel.GateKind;
import org.ryzanstein.api.kernel.HeadOutput;
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
import org.ryzanstein.api.kernel.ThreadTeam;
import org.ryzanstein.api.kernel.VectorWeights;
import org.ryzanstein.api.numerics.ContractMath;
import org.ryzanstein.api.weight.WeightSource;

/**
 * Runs the kernels on the first rows of each kind of large matrix while the rest of the model is packed, on a thread of its own,
 * so that the JVM has compiled them when the first token comes: vector code that is still interpreted takes seconds for one.
 */
final class WarmUp implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(WarmUp.class.getName());

    /** Smaller matrices are packed before anything is compiled. */
    private static final long LARGE = 1L << 20;

    /** Rows of the matrices that it multiplies by. */
    private static final int ROWS = 256;

    private static final int HEAD = 128;
    private static final int POSITIONS = 96;
    /** Tokens of its steps: one as in decoding, and a chunk as in prefill, an odd one. */
    private static final int CHUNK = 33;

    private static final StepShape SHAPE = new StepShape(CHUNK, 1);

    /** Steps of one token for each step of many. */
    private static final int SINGLES = 8;

    /** Nanoseconds for each kind of matrix: what it takes to have it compiled, and no more from the packing threads. */
    private static final long ENOUGH = 300_000_000;

    private final CpuKernels kernels;
    private final Set<Kind> kinds = new HashSet<>();
    private final List<Work> pending = new ArrayList<>();
    private @Nullable Thread thread;
    private volatile boolean stopped;

    WarmUp(CpuKernels kernels) {
        this.kernels = kernels;
    }

    /** Notes a matrix that is about to be packed. Its first rows are read by the other thread, too. */
    synchronized void see(WeightSource source, Set<MatrixUse> uses) {
        boolean head = uses.contains(MatrixUse.HEAD);
        if (stopped
                || (long) source.rows() * source.columns() < LARGE
                || !kinds.add(new Kind(contentOf(source), head))) {
            return;
        }
        pending.add(new Work(source, head));
        notifyAll();
        if (thread == null) {
            thread = Thread.ofPlatform().daemon().name("ryzanstein-warm-up").start(this::run);
        }
    }

    private static Object contentOf(WeightSource source) {
        return switch (source) {
            case WeightSource.Ternary ignored -> WeightSource.Ternary.class;
            case WeightSource.Floats floats -> floats.format();
            case WeightSource.Blocks blocks -> blocks.form();
        };
    }

    /** The next kind of matrix; waits for it until the model is packed. */
    private synchronized @Nullable Work next() throws InterruptedException {
        while (pending.isEmpty() && !stopped) {
            wait();
        }
        return stopped ? null : pending.removeFirst();
    }

    private void run() {
        try (CpuBackend backend = CpuBackend.withoutWarmUp(kernels, new Alone())) {
            repeat(backend, backend.prepare(SHAPE, new Layer(backend)::record));
            for (Work work = next(); work != null; work = next()) {
                repeat(backend, product(backend, work));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException e) {
            if (stopped) {
                return; // The model may have been closed.
            }
            LOG.log(System.Logger.Level.WARNING, "kernels are not warmed up: the first tokens will be slow", e);
        }
    }

    private void repeat(CpuBackend backend, PreparedStep step) {
        StepBatch one = batch(POSITIONS - 1, 1);
        StepBatch many = batch(0, CHUNK);
        long start = System.nanoTime();
        while (!stopped && System.nanoTime() - start < ENOUGH) {
            for (int i = 0; i < SINGLES; i++) {
                backend.queue().submit(step, one);
            }
            backend.queue().submit(step, many);
        }
    }

    private static StepBatch batch(int position, int tokens) {
        StepBatch batch = new StepBatch(CHUNK, 1, 1);
        batch.setBlock(0, 0, 0);
        for (int i = 0; i < tokens; i++) {
            batch.add(0, 0, position + i, i == tokens - 1 ? 1 : 0);
        }
        return batch;
    }

    private static PreparedStep product(CpuBackend backend, Work work) {
        WeightSource source = work.source();
        int columns = source.columns();
        if (work.head()) {
            Set<MatrixUse> uses = Set.of(MatrixUse.HEAD);
            MatrixWeights weights = backend.packMatrix(FirstRows.of(source, ROWS), uses);
            Buffer in = backend.allocate(ElementType.FLOAT32, RowSet.OUTPUTS, 1, columns);
            HeadOutput out = backend.allocateHead(1, weights.rows(), 1);
            return backend.prepare(SHAPE, ops -> ops.head(in, weights, 0, out));
        }
        MatrixWeights weights = backend.packMatrix(FirstRows.of(source, ROWS), Set.of(MatrixUse.LINEAR));
        Buffer in = backend.allocate(ElementType.FLOAT32, RowSet.TOKENS, CHUNK, columns);
        Buffer out = backend.allocate(ElementType.FLOAT32, RowSet.TOKENS, CHUNK, weights.rows());
        if (!(source instanceof WeightSource.Ternary)) {
            return backend.prepare(SHAPE, ops -> ops.linear(in, weights, out));
        }
        QuantizedActivations digits = backend.allocateQuantized(CHUNK, columns);
        int blocks = Math.ceilDiv(columns, ContractMath.NORM_BLOCK);
        Buffer statistics = backend.allocate(ElementType.FLOAT32, RowSet.TOKENS, CHUNK, 1 + blocks);
        Buffer sums = backend.allocate(ElementType.INT32, RowSet.TOKENS, CHUNK, weights.rows());
        return backend.prepare(SHAPE, ops -> {
            ops.normStatistics(in, null, ContractMath.NORM_BLOCK, statistics);
            ops.quantize(in, null, statistics, columns, 1e-5f, digits);
            ops.multiply(digits, weights, sums);
            ops.rescale(sums, digits, weights, out);
        });
    }

    /** Ends it soon; a step under way is finished first. */
    @Override
    public synchronized void close() {
        stopped = true;
        notifyAll();
    }

    /**
     * What is compiled once.
     *
     * @param content the class of a ternary source, or the format or form of another
     */
    private record Kind(Object content, boolean head) {}

    private record Work(WeightSource source, boolean head) {}

    /** All of a layer but its products, for one head. */
    private static final class Layer {
        private final KvCache cache;
        private final Buffer x;
        private final Buffer y;
        private final VectorWeights gain;
        private final RopeTable halves;
        private final RopeTable pairs;

        Layer(CpuBackend backend) {
            this.cache = backend.allocateKv(new KvSpec(1, 1, HEAD, 1, ContractMath.BLOCK, KvType.FLOAT32));
            this.x = backend.allocate(ElementType.FLOAT32, RowSet.TOKENS, CHUNK, HEAD);
            this.y = backend.allocate(ElementType.FLOAT32, RowSet.TOKENS, CHUNK, HEAD);
            this.gain = backend.packVector(new Ones());
            float[] angles = new float[POSITIONS * HEAD / 2];
            this.halves = backend.packRope(RopeStyle.HALF_SPLIT, POSITIONS, HEAD, angles, angles);
            this.pairs = backend.packRope(RopeStyle.INTERLEAVED, POSITIONS, HEAD, angles, angles);
        }

        void record(StepRecorder ops) {
            ops.rmsNorm(x, gain, 1e-5f, y);
            ops.rope(y, HEAD, halves);
            ops.rope(y, HEAD, pairs);
            ops.storeKv(cache, 0, y, y);
            ops.attention(cache, 0, y, new int[] {0}, 1f, x);
            ops.add(x, y);
            ops.gate(GateKind.SQUARED_RELU, x, y, x);
            ops.gate(GateKind.SILU, x, y, x);
        }
    }

    /** A gain of ones. */
    private static final class Ones implements WeightSource.Floats {
        @Override
        public String name() {
            return "ones";
        }

        @Override
        public int rows() {
            return 1;
        }

        @Override
        public int columns() {
            return HEAD;
        }

        @Override
        public FloatFormat format() {
            return FloatFormat.FLOAT32;
        }

        @Override
        public void readFloats(int row, float[] destination, int offset) {
            java.util.Arrays.fill(destination, offset, offset + HEAD, 1f);
        }
    }

    /** A team of the calling thread. */
    private static final class Alone implements ThreadTeam {
        @Override
        public int size() {
            return 1;
        }

        @Override
        public void run(Task task) {
            task.run(0);
        }

        @Override
        public void barrier() {}
    }
}
