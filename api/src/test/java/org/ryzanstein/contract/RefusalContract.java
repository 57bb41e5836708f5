package org.ryzanstein.contract;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
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
import org.ryzanstein.api.kernel.VectorWeights;
import org.ryzanstein.api.weight.WeightSource.FloatFormat;

/** Shapes that don't fit are refused while a step is recorded, batches that don't fit when they are submitted. */
interface RefusalContract extends BackendUnderTest {
    /** What the refused operations are made of; K = 32 everywhere, steps of 4 tokens and 2 outputs. */
    final class Parts {
        static final StepShape SHAPE = new StepShape(4, 2);
        final Bench bench;
        final MatrixWeights ternary;
        final MatrixWeights floats;
        final MatrixWeights blocks;
        final VectorWeights gain;
        final VectorWeights longGain;
        final QuantizedActivations quantized;
        final QuantizedActivations shortQuantized;
        final RopeTable rope;
        final KvCache cache;
        final HeadOutput head;

        Parts(Bench bench) {
            this.bench = bench;
            Numbers numbers = new Numbers(1);
            ternary = bench.matrix(
                    new TestWeights.Ternary(
                            "ternary", numbers.digits(Numbers.Digits.RANDOM, 6, 32), numbers.rangeScales(6)),
                    MatrixUse.LINEAR);
            floats = bench.matrix(
                    new TestWeights.Floats("floats", FloatFormat.FLOAT32, numbers.normals(6, 32, 1f)),
                    MatrixUse.LINEAR,
                    MatrixUse.EMBEDDING,
                    MatrixUse.HEAD);
            blocks = bench.matrix(
                    BlockKind.HALVES.weights("blocks", BlockKind.Content.RANDOM, numbers, 6, 32),
                    MatrixUse.LINEAR,
                    MatrixUse.EMBEDDING);
            gain = bench.vector(numbers.normals(32, 1f));
            longGain = bench.vector(numbers.normals(33, 1f));
            quantized = bench.backend().allocateQuantized(4, 32);
            shortQuantized = bench.backend().allocateQuantized(4, 31);
            rope = bench.backend().packRope(RopeStyle.HALF_SPLIT, 10, 8, new float[40], new float[40]);
            cache = bench.backend().allocateKv(new KvSpec(2, 2, 16, 2, 16, KvType.FLOAT32));
            head = bench.backend().allocateHead(2, 6, 3);
        }

        void quantizePart(StepRecorder recorder, int columns, int firstColumn) {
            recorder.quantizePart(tokens(columns), null, tokens(2), new int[] {2}, 32, 1e-5f, quantized, firstColumn);
        }

        Buffer tokens(int columns) {
            return bench.backend().allocate(ElementType.FLOAT32, RowSet.TOKENS, 4, columns);
        }

        Buffer fewTokens(int columns) {
            return bench.backend().allocate(ElementType.FLOAT32, RowSet.TOKENS, 3, columns);
        }

        Buffer outputs(int columns) {
            return bench.backend().allocate(ElementType.FLOAT32, RowSet.OUTPUTS, 4, columns);
        }

        Buffer fewOutputs(int columns) {
            return bench.backend().allocate(ElementType.FLOAT32, RowSet.OUTPUTS, 1, columns);
        }

        Buffer integers(int columns) {
            return bench.backend().allocate(ElementType.INT32, RowSet.TOKENS, 4, columns);
        }

        DynamicTest refuses(String name, Consumer<StepRecorder> recording) {
            return DynamicTest.dynamicTest(
                    name,
                    () -> assertThatThrownBy(() -> bench.backend().prepare(SHAPE, recording))
                            .isInstanceOf(IllegalArgumentException.class)
                            .message()
                            .isNotBlank());
        }
    }

    @TestFactory
    default Stream<DynamicTest> refusesNormsAndProductsOfWrongShapes() {
        Parts p = new Parts(bench(2));
        return Stream.of(
                p.refuses("embed: columns", r -> r.embed(p.floats, p.tokens(31))),
                p.refuses("embed: rows", r -> r.embed(p.floats, p.fewTokens(32))),
                p.refuses("embed: integers", r -> r.embed(p.floats, p.integers(32))),
                p.refuses("embed: ternary weights", r -> r.embed(p.ternary, p.tokens(32))),
                p.refuses("embed: columns of blocks", r -> r.embed(p.blocks, p.tokens(64))),
                p.refuses("normStatistics: columns", r -> r.normStatistics(p.tokens(32), null, 8, p.tokens(4))),
                p.refuses("normStatistics: gain", r -> r.normStatistics(p.tokens(32), p.longGain, 32, p.tokens(2))),
                p.refuses("normStatistics: block size", r -> r.normStatistics(p.tokens(32), null, 0, p.tokens(2))),
                p.refuses("normStatistics: rows", r -> r.normStatistics(p.tokens(32), null, 32, p.fewTokens(2))),
                p.refuses("normStatistics: row sets", r -> r.normStatistics(p.tokens(32), null, 32, p.outputs(2))),
                p.refuses(
                        "quantize: columns",
                        r -> r.quantize(p.tokens(32), null, p.tokens(2), 32, 1e-5f, p.shortQuantized)),
                p.refuses(
                        "quantize: gain",
                        r -> r.quantize(p.tokens(32), p.longGain, p.tokens(2), 32, 1e-5f, p.quantized)),
                p.refuses(
                        "quantize: norm of no columns",
                        r -> r.quantize(p.tokens(32), p.gain, p.tokens(2), 0, 1e-5f, p.quantized)),
                p.refuses(
                        "quantize: statistics of other shards",
                        r -> r.quantize(p.tokens(32), null, p.tokens(2), new int[] {2, 1}, 32, 1e-5f, p.quantized)),
                p.refuses(
                        "quantize: a shard without statistics",
                        r -> r.quantize(p.tokens(32), null, p.tokens(2), new int[] {2, 0}, 32, 1e-5f, p.quantized)),
                p.refuses(
                        "quantize: rows", r -> r.quantize(p.tokens(32), null, p.fewTokens(2), 32, 1e-5f, p.quantized)),
                p.refuses("quantizePart: columns", r -> p.quantizePart(r, 32, 4)),
                p.refuses("quantizePart: first column", r -> p.quantizePart(r, 16, -4)),
                p.refuses("quantizePart: column within a word", r -> p.quantizePart(r, 16, 2)),
                p.refuses("multiply: columns", r -> r.multiply(p.shortQuantized, p.ternary, p.integers(6))),
                p.refuses("multiply: sums", r -> r.multiply(p.quantized, p.ternary, p.integers(7))),
                p.refuses("multiply: sums of floats", r -> r.multiply(p.quantized, p.ternary, p.tokens(6))),
                p.refuses("multiply: float weights", r -> r.multiply(p.quantized, p.floats, p.integers(6))),
                p.refuses("multiply: int8 weights", r -> r.multiply(p.quantized, p.blocks, p.integers(6))),
                p.refuses("rescale: columns", r -> r.rescale(p.integers(6), p.quantized, p.ternary, p.tokens(5))),
                p.refuses("rescale: sums", r -> r.rescale(p.integers(5), p.quantized, p.ternary, p.tokens(6))),
                p.refuses(
                        "rescale: rows of the weights",
                        r -> r.rescale(p.integers(4), p.quantized, p.ternary, 3, p.tokens(4))),
                p.refuses("rescale: first row", r -> r.rescale(p.integers(4), p.quantized, p.ternary, -1, p.tokens(4))),
                p.refuses("rescale: rows", r -> r.rescale(p.integers(6), p.quantized, p.ternary, p.fewTokens(6))),
                p.refuses("rmsNorm: groups", r -> r.rmsNorm(p.tokens(48), p.gain, 1e-5f, p.tokens(48))),
                p.refuses("rmsNorm: columns", r -> r.rmsNorm(p.tokens(64), p.gain, 1e-5f, p.tokens(32))),
                p.refuses("linear: columns", r -> r.linear(p.tokens(31), p.floats, p.tokens(6))),
                p.refuses("linear: rows of the weights", r -> r.linear(p.tokens(32), p.floats, p.tokens(7))),
                p.refuses("linear: ternary weights", r -> r.linear(p.tokens(32), p.ternary, p.tokens(6))),
                p.refuses("linear: int8 columns", r -> r.linear(p.tokens(64), p.blocks, p.tokens(6))),
                p.refuses("linear: row sets", r -> r.linear(p.tokens(32), p.floats, p.outputs(6))),
                p.refuses("linear: rows", r -> r.linear(p.fewTokens(32), p.floats, p.tokens(6))));
    }

    @TestFactory
    default Stream<DynamicTest> refusesTheOtherOperationsOfWrongShapes() {
        Parts p = new Parts(bench(2));
        int[] heads = {0, 0, 1};
        return Stream.of(
                p.refuses("addBias: columns", r -> r.addBias(p.tokens(31), p.gain)),
                p.refuses("add: columns", r -> r.add(p.tokens(32), p.tokens(31))),
                p.refuses("add: row sets", r -> r.add(p.tokens(32), p.outputs(32))),
                p.refuses("add: integers", r -> r.add(p.tokens(32), p.integers(32))),
                p.refuses("copy: columns", r -> r.copy(p.tokens(32), p.tokens(31))),
                p.refuses("copy: row sets", r -> r.copy(p.tokens(32), p.outputs(32))),
                p.refuses("gate: up", r -> r.gate(GateKind.SILU, p.tokens(5), p.tokens(6), p.tokens(5))),
                p.refuses("gate: out", r -> r.gate(GateKind.SILU, p.tokens(5), p.tokens(5), p.tokens(6))),
                p.refuses("rope: columns", r -> r.rope(p.tokens(33), 8, p.rope)),
                p.refuses("rope: head smaller than the table", r -> r.rope(p.tokens(32), 4, p.rope)),
                p.refuses("rope: outputs", r -> r.rope(p.outputs(32), 8, p.rope)),
                p.refuses("storeKv: layer", r -> r.storeKv(p.cache, 2, p.tokens(32), p.tokens(32))),
                p.refuses("storeKv: negative layer", r -> r.storeKv(p.cache, -1, p.tokens(32), p.tokens(32))),
                p.refuses("storeKv: keys", r -> r.storeKv(p.cache, 0, p.tokens(16), p.tokens(32))),
                p.refuses("storeKv: values", r -> r.storeKv(p.cache, 0, p.tokens(32), p.tokens(16))),
                p.refuses("attention: queries", r -> r.attention(p.cache, 0, p.tokens(32), heads, 1f, p.tokens(48))),
                p.refuses("attention: out", r -> r.attention(p.cache, 0, p.tokens(48), heads, 1f, p.tokens(32))),
                p.refuses("attention: layer", r -> r.attention(p.cache, 2, p.tokens(48), heads, 1f, p.tokens(48))),
                p.refuses(
                        "attention: KV head",
                        r -> r.attention(p.cache, 0, p.tokens(48), new int[] {0, 1, 2}, 1f, p.tokens(48))),
                p.refuses(
                        "attention: negative KV head",
                        r -> r.attention(p.cache, 0, p.tokens(48), new int[] {0, -1, 1}, 1f, p.tokens(48))),
                p.refuses("selectOutputs: from outputs", r -> r.selectOutputs(p.outputs(5), p.outputs(5))),
                p.refuses("selectOutputs: to tokens", r -> r.selectOutputs(p.tokens(5), p.tokens(5))),
                p.refuses("selectOutputs: columns", r -> r.selectOutputs(p.tokens(5), p.outputs(6))),
                p.refuses("selectOutputs: rows", r -> r.selectOutputs(p.tokens(5), p.fewOutputs(5))),
                p.refuses("head: rows of tokens", r -> r.head(p.tokens(32), p.floats, 0, p.head)),
                p.refuses("head: columns", r -> r.head(p.outputs(31), p.floats, 0, p.head)),
                p.refuses(
                        "head: vocabulary",
                        r -> r.head(
                                p.outputs(32), p.floats, 0, p.bench.backend().allocateHead(2, 7, 3))),
                p.refuses(
                        "head: rows",
                        r -> r.head(
                                p.outputs(32), p.floats, 0, p.bench.backend().allocateHead(1, 6, 3))));
    }

    @Test
    default void refusesBlocksThatARowDoesNotFill() {
        Bench bench = bench(1);
        TestWeights.Blocks weights =
                BlockKind.PLAIN.weights("short row", BlockKind.Content.RANDOM, new Numbers(3), 2, 40);
        assertThatThrownBy(() -> bench.matrix(weights, MatrixUse.LINEAR))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("short row")
                .hasMessageContaining("40 columns");
    }

    private static void assertRefused(Bench bench, PreparedStep step, StepBatch batch) {
        assertThatThrownBy(() -> bench.submit(step, batch))
                .isInstanceOf(IllegalArgumentException.class)
                .message()
                .isNotBlank();
    }

    private static StepBatch batch(int id, int tokens, int... wanted) {
        StepBatch batch = new StepBatch(8, 1, 2);
        for (int token = 0; token < tokens; token++) {
            batch.add(id, 0, token, token < wanted.length ? wanted[token] : 0);
        }
        return batch;
    }

    @Test
    default void refusesBatchesThatDoNotFitTheStep() {
        for (int threads : Sizes.TEAMS) {
            Parts p = new Parts(bench(threads));
            Buffer in = p.tokens(32);
            Buffer selected = p.outputs(32);
            PreparedStep step = p.bench.backend().prepare(Parts.SHAPE, recorder -> {
                recorder.embed(p.floats, in);
                recorder.selectOutputs(in, selected);
                recorder.head(selected, p.floats, 0, p.head);
            });
            assertRefused(p.bench, step, batch(0, 5));
            assertRefused(p.bench, step, batch(0, 4, 1, 1, 1));
            // The head has room for 3 candidates a row.
            assertRefused(p.bench, step, batch(0, 4, 1, 4));
            p.bench.submit(step, batch(5, 4, 1, 3));
        }
    }

    @Test
    default void refusesTokensOutsideTheTable() {
        for (int threads : Sizes.TEAMS) {
            Parts p = new Parts(bench(threads));
            Buffer out = p.tokens(32);
            PreparedStep step = p.bench.backend().prepare(Parts.SHAPE, recorder -> recorder.embed(p.floats, out));
            assertRefused(p.bench, step, batch(6, 2));
            assertRefused(p.bench, step, batch(-1, 2));
            p.bench.submit(step, batch(5, 2));
        }
    }

    @Test
    default void refusesPositionsOutsideTheRotationTable() {
        for (int threads : Sizes.TEAMS) {
            Parts p = new Parts(bench(threads));
            Buffer x = p.tokens(8);
            PreparedStep step = p.bench.backend().prepare(Parts.SHAPE, recorder -> recorder.rope(x, 8, p.rope));
            StepBatch batch = new StepBatch(1, 1, 1);
            batch.add(0, 0, 10, 0);
            assertRefused(p.bench, step, batch);
            batch.clear();
            batch.add(0, 0, 9, 0);
            p.bench.submit(step, batch);
        }
    }

    @Test
    default void refusesBlocksOutsideTheCache() {
        for (int threads : Sizes.TEAMS) {
            Parts p = new Parts(bench(threads));
            Buffer keys = p.tokens(32);
            Buffer values = p.tokens(32);
            PreparedStep step =
                    p.bench.backend().prepare(Parts.SHAPE, recorder -> recorder.storeKv(p.cache, 1, keys, values));
            for (int block : new int[] {2, -1}) {
                StepBatch batch = batch(0, 2);
                batch.setBlock(0, 0, block);
                assertRefused(p.bench, step, batch);
            }
            StepBatch batch = batch(0, 2);
            batch.setBlock(0, 0, 1);
            p.bench.submit(step, batch);
        }
    }

    @Test
    default void refusesRotationTablesOfWrongShapes() {
        for (int[] shape : new int[][] {{10, 7, 30}, {10, 8, 39}, {10, 8, 41}, {10, 0, 0}}) {
            assertThatThrownBy(() -> bench(1).backend()
                            .packRope(
                                    RopeStyle.INTERLEAVED,
                                    shape[0],
                                    shape[1],
                                    new float[shape[2]],
                                    new float[shape[2]]))
                    .as(Arrays.toString(shape))
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test
    default void refusesAMatrixWhereAVectorIsExpected() {
        assertThatThrownBy(() -> bench(1).backend()
                        .packVector(new TestWeights.Floats("two rows", FloatFormat.FLOAT32, new float[2][3])))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("two rows");
    }
}
