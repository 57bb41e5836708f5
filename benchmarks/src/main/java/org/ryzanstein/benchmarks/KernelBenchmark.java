package org.ryzanstein.benchmarks;

import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;
import org.ryzanstein.api.kernel.Buffer;
import org.ryzanstein.api.kernel.ElementType;
import org.ryzanstein.api.kernel.KvCache;
import org.ryzanstein.api.kernel.KvSpec;
import org.ryzanstein.api.kernel.KvType;
import org.ryzanstein.api.kernel.MatrixUse;
import org.ryzanstein.api.kernel.MatrixWeights;
import org.ryzanstein.api.kernel.QuantizedActivations;
import org.ryzanstein.api.kernel.RowSet;
import org.ryzanstein.api.numerics.ContractMath;

/**
 * Time of single operations: the ternary product for one token and for many, the product of half-precision weights, attention.
 * How to run it: docs/performance.md.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(
        value = 1,
        jvmArgsAppend = {"--add-modules=jdk.incubator.vector", "--enable-native-access=ALL-UNNAMED"})
public class KernelBenchmark {
    /** A ternary matrix of the 2B model: the shape of down. */
    @State(Scope.Benchmark)
    public static class TernaryState {
        private static final int ROWS = 2560;
        private static final int COLUMNS = 6912;

        /** Tokens: 1 is decode, more are prefill. */
        @Param({"1", "128"})
        public int tokens;

        @SuppressWarnings("NullAway.Init") // Set before the trial.
        private Runnable multiply;

        /** Packs random weights and quantises random activations. */
        @Setup
        public void prepare(KernelState kernels) {
            MatrixWeights weights =
                    kernels.backend().packMatrix(new RandomWeights.Ternary(ROWS, COLUMNS), Set.of(MatrixUse.LINEAR));
            Buffer in = kernels.input(tokens, COLUMNS);
            Buffer statistics = kernels.floats(tokens, 1 + Math.ceilDiv(COLUMNS, ContractMath.NORM_BLOCK));
            QuantizedActivations quantized = kernels.backend().allocateQuantized(tokens, COLUMNS);
            Buffer sums = kernels.backend().allocate(ElementType.INT32, RowSet.TOKENS, tokens, ROWS);
            kernels.step(KernelState.batch(0, tokens), ops -> {
                        ops.normStatistics(in, null, ContractMath.NORM_BLOCK, statistics);
                        ops.quantize(in, null, statistics, COLUMNS, 1e-5f, quantized);
                    })
                    .run();
            multiply = kernels.step(KernelState.batch(0, tokens), ops -> ops.multiply(quantized, weights, sums));
        }
    }

    /** A half-precision matrix. */
    @State(Scope.Benchmark)
    public static class DenseState {
        private static final int ROWS = 2048;
        private static final int COLUMNS = 2560;

        @SuppressWarnings("NullAway.Init") // Set before the trial.
        private Runnable linear;

        /** Packs random weights. */
        @Setup
        public void prepare(KernelState kernels) {
            MatrixWeights weights =
                    kernels.backend().packMatrix(new RandomWeights.Halves(ROWS, COLUMNS), Set.of(MatrixUse.LINEAR));
            Buffer in = kernels.input(1, COLUMNS);
            Buffer out = kernels.floats(1, ROWS);
            linear = kernels.step(KernelState.batch(0, 1), ops -> ops.linear(in, weights, out));
        }
    }

    /** A filled cache with the 2B model's heads. */
    @State(Scope.Benchmark)
    public static class AttentionState {
        private static final int HEADS = 20;
        private static final int KV_HEADS = 5;
        private static final int HEAD_DIM = 128;

        /** Positions that the token sees. */
        @Param({"128", "2048"})
        public int positions;

        @SuppressWarnings("NullAway.Init") // Set before the trial.
        private Runnable attention;

        /** Stores keys and values. */
        @Setup
        public void prepare(KernelState kernels) {
            KvCache cache = kernels.backend()
                    .allocateKv(new KvSpec(
                            1,
                            KV_HEADS,
                            HEAD_DIM,
                            Math.ceilDiv(positions, KernelState.KV_BLOCK),
                            KernelState.KV_BLOCK,
                            KvType.FLOAT32));
            Buffer stored = kernels.input(KernelState.KV_BLOCK, KV_HEADS * HEAD_DIM);
            for (int first = 0; first < positions; first += KernelState.KV_BLOCK) {
                kernels.step(
                                KernelState.batch(first, KernelState.KV_BLOCK),
                                ops -> ops.storeKv(cache, 0, stored, stored))
                        .run();
            }
            int[] kvHeadOf = new int[HEADS];
            for (int head = 0; head < HEADS; head++) {
                kvHeadOf[head] = head * KV_HEADS / HEADS;
            }
            Buffer queries = kernels.input(1, HEADS * HEAD_DIM);
            Buffer out = kernels.floats(1, HEADS * HEAD_DIM);
            float scale = (float) (1 / Math.sqrt(HEAD_DIM));
            attention = kernels.step(
                    KernelState.batch(positions - 1, 1), ops -> ops.attention(cache, 0, queries, kvHeadOf, scale, out));
        }
    }

    /** 2560 x 6912 ternary weights. */
    @Benchmark
    public void ternaryMultiply(TernaryState state) {
        state.multiply.run();
    }

    /** 2048 x 2560 half-precision weights, one token. */
    @Benchmark
    public void denseLinear(DenseState state) {
        state.linear.run();
    }

    /** One token of 20 query heads over 5 KV heads of 128. */
    @Benchmark
    public void attention(AttentionState state) {
        state.attention.run();
    }
}
