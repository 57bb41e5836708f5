package org.ryzanstein.contract;

import java.util.Arrays;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.ryzanstein.api.kernel.GateKind;
import org.ryzanstein.api.kernel.MatrixUse;
import org.ryzanstein.api.kernel.MatrixWeights;
import org.ryzanstein.api.kernel.RopeStyle;
import org.ryzanstein.api.kernel.RopeTable;
import org.ryzanstein.api.kernel.StepBatch;
import org.ryzanstein.api.kernel.VectorWeights;
import org.ryzanstein.api.weight.WeightSource.FloatFormat;
import org.ryzanstein.contract.BlockKind.Content;
import org.ryzanstein.contract.Numbers.Activations;

/** The operations on floats: embed, linear, rmsNorm, addBias, add, gate, rope. */
interface FloatContract extends BackendUnderTest {

    private static String describe(
            String name, long seed, Bench bench, int tokens, int columns, int rows, boolean sliced) {
        return name + " [seed=" + seed + ", threads=" + bench.threads() + ", tokens=" + tokens + ", columns=" + columns
                + ", rows=" + rows + ", sliced=" + sliced + "]";
    }

    @TestFactory
    default Stream<DynamicTest> embedsRowsOfEveryFormat() {
        return Arrays.stream(FloatFormat.values())
                .map(format -> DynamicTest.dynamicTest(format.toString(), () -> {
                    int number = 0;
                    for (int columns : Sizes.FLOAT_COLUMNS) {
                        Bench bench = benchFor(number);
                        boolean sliced = number % 2 == 1;
                        long seed = 100L + number;
                        Numbers numbers = new Numbers(seed);
                        int rows = number % 3 == 0 ? 1 : 50;
                        float[][] table = numbers.ofFormat(format, rows, columns, 1f);
                        int tokens = Sizes.pick(Sizes.TOKENS, number);
                        StepBatch batch = new StepBatch(tokens, 1, 1);
                        int[] ids = new int[tokens];
                        for (int token = 0; token < tokens; token++) {
                            ids[token] = numbers.below(rows);
                            batch.add(ids[token], 0, token, 0);
                        }
                        TestWeights.Floats source = new TestWeights.Floats("table", format, table);
                        MatrixWeights packed = bench.matrix(
                                number % 3 == 2 ? new TestWeights.StoredFloats(source) : source, MatrixUse.EMBEDDING);
                        Cells out = bench.output(tokens, columns, sliced);
                        bench.run(batch, recorder -> recorder.embed(packed, out.buffer()));
                        out.assertHolds(
                                describe("embed " + format, seed, bench, tokens, columns, rows, sliced),
                                NaiveKernels.embed(table, ids));
                        number++;
                    }
                }));
    }

    @TestFactory
    default Stream<DynamicTest> multipliesFloatWeights() {
        return Arrays.stream(FloatFormat.values())
                .flatMap(format -> Arrays.stream(Sizes.FLOAT_COLUMNS)
                        .mapToObj(columns -> DynamicTest.dynamicTest(format + ", K = " + columns, () -> {
                            for (int i = 0; i < Sizes.FLOAT_ROWS.length; i++) {
                                int number =
                                        31 * columns + 7 * i + format.name().length();
                                checkLinear(benchFor(number), format, columns, Sizes.FLOAT_ROWS[i], number);
                            }
                        })));
    }

    private static void checkLinear(Bench bench, FloatFormat format, int columns, int rows, int number) {
        Numbers numbers = new Numbers(number);
        boolean sliced = number % 2 == 1;
        int tokens = Sizes.pick(Sizes.TOKENS, number);
        float[][] in = numbers.activations(
                number % 4 == 0 ? Activations.MIXED_MAGNITUDES : Activations.NORMAL, tokens, columns);
        float[][] weights = numbers.ofFormat(format, rows, columns, 0.3f);
        checkLinear(bench, format, in, weights, sliced, "seed " + number);
    }

    /** Multiplies, and compares with the naive product. */
    static void checkLinear(
            Bench bench, FloatFormat format, float[][] in, float[][] weights, boolean sliced, String name) {
        int tokens = in.length;
        int columns = in[0].length;
        Cells input = bench.cells(in, sliced);
        Cells out = bench.output(tokens, weights.length, sliced);
        MatrixWeights packed = bench.matrix(new TestWeights.Floats("weights", format, weights), MatrixUse.LINEAR);
        bench.run(Bench.plainBatch(tokens), recorder -> recorder.linear(input.buffer(), packed, out.buffer()));
        String what = "linear " + format + " [" + name + ", threads=" + bench.threads() + ", tokens=" + tokens + ", K="
                + columns + ", rows=" + weights.length + ", sliced=" + sliced + "]";
        out.assertHolds(what, NaiveKernels.linear(in, weights));
        input.assertUntouched(what);
    }

    @Test
    default void multipliesFloatWeightsOfALargerMatrix() {
        for (FloatFormat format : FloatFormat.values()) {
            Numbers numbers = new Numbers(17);
            float[][] weights = numbers.ofFormat(format, 1031, 1537, 0.1f);
            float[][] in = numbers.normals(5, 1537, 1f);
            for (int threads : Sizes.TEAMS) {
                checkLinear(bench(threads), format, in, weights, false, "seed 17");
            }
        }
    }

    @Test
    default void keepsTheSignOfProductsThatUnderflow() {
        for (int columns : new int[] {16, 17, 32, 40}) {
            float[][] in = new float[2][columns];
            float[][] weights = new float[3][columns];
            Arrays.fill(in[0], 1e-30f);
            Arrays.fill(in[1], -1e-30f);
            Arrays.fill(weights[0], 1e-30f);
            Arrays.fill(weights[1], -1e-30f);
            checkLinear(bench(1), FloatFormat.FLOAT32, in, weights, false, "underflow");
        }
    }

    @TestFactory
    default Stream<DynamicTest> multipliesBlocks() {
        int[] lengths = {32, 64, 96, 160, 224, 768};
        return BlockKind.ALL.stream()
                .flatMap(kind -> IntStream.range(0, lengths.length)
                        .mapToObj(index -> DynamicTest.dynamicTest(kind + ", K = " + lengths[index], () -> {
                            int number = 40 * index + 7 * kind.name().length();
                            for (Activations activations : Activations.values()) {
                                Numbers numbers = new Numbers(number);
                                int rows = Sizes.pick(Sizes.FLOAT_ROWS, number);
                                int tokens = Sizes.pick(Sizes.TOKENS, number);
                                float[][] in = numbers.activations(activations, tokens, lengths[index]);
                                // One block of zeros between others.
                                Arrays.fill(in[tokens - 1], 0, 32, -0f);
                                checkBlocks(benchFor(number), kind, Content.RANDOM, in, rows, number);
                                number++;
                            }
                        })));
    }

    @TestFactory
    default Stream<DynamicTest> multipliesBlocksOfExtremeNumbers() {
        return BlockKind.ALL.stream()
                .map(kind -> DynamicTest.dynamicTest(kind.toString(), () -> {
                    int number = 3 * kind.name().length();
                    for (Content content : Content.values()) {
                        for (Activations activations : new Activations[] {
                            Activations.ALL_EQUAL, Activations.ALL_NEGATIVE, Activations.ALTERNATING, Activations.TIES
                        }) {
                            float[][] in = new Numbers(number).activations(activations, 3, 96);
                            checkBlocks(benchFor(number), kind, content, in, 9, number);
                            number++;
                        }
                    }
                }));
    }

    @Test
    default void multipliesBlocksOfALargerMatrix() {
        for (BlockKind kind : BlockKind.ALL) {
            for (int threads : Sizes.TEAMS) {
                float[][] in = new Numbers(threads).normals(5, 1568, 1f);
                checkBlocks(bench(threads), kind, Content.RANDOM, in, 131, threads);
            }
        }
    }

    /** Multiplies by random blocks, and compares with the naive product. */
    static void checkBlocks(Bench bench, BlockKind kind, Content content, float[][] in, int rows, int number) {
        boolean sliced = number % 2 == 1;
        int columns = in[0].length;
        TestWeights.Blocks weights = kind.weights("blocks", content, new Numbers(number), rows, columns);
        Cells input = bench.cells(in, sliced);
        Cells out = bench.output(in.length, rows, sliced);
        MatrixWeights packed = bench.matrix(weights, MatrixUse.LINEAR);
        bench.run(Bench.plainBatch(in.length), recorder -> recorder.linear(input.buffer(), packed, out.buffer()));
        String what = describe("linear " + kind + " of " + content, number, bench, in.length, columns, rows, sliced);
        out.assertHolds(what, NaiveKernels.linear(in, weights.weights()));
        input.assertUntouched(what);
    }

    @TestFactory
    default Stream<DynamicTest> embedsRowsOfBlocks() {
        return BlockKind.ALL.stream()
                .map(kind -> DynamicTest.dynamicTest(kind.toString(), () -> {
                    int number = 0;
                    for (Content content : Content.values()) {
                        for (int columns : new int[] {32, 96, 256}) {
                            checkEmbedding(benchFor(number), kind, content, columns, number);
                            number++;
                        }
                    }
                }));
    }

    private static void checkEmbedding(Bench bench, BlockKind kind, Content content, int columns, int number) {
        Numbers numbers = new Numbers(number);
        boolean sliced = number % 2 == 1;
        int rows = number % 3 == 0 ? 1 : 50;
        TestWeights.Blocks table = kind.weights("table", content, numbers, rows, columns);
        int tokens = Sizes.pick(Sizes.TOKENS, number);
        StepBatch batch = new StepBatch(tokens, 1, 1);
        int[] ids = new int[tokens];
        for (int token = 0; token < tokens; token++) {
            ids[token] = numbers.below(rows);
            batch.add(ids[token], 0, token, 0);
        }
        MatrixWeights packed = bench.matrix(table, MatrixUse.EMBEDDING);
        Cells out = bench.output(tokens, columns, sliced);
        bench.run(batch, recorder -> recorder.embed(packed, out.buffer()));
        out.assertHolds(
                describe("embed " + kind + " of " + content, number, bench, tokens, columns, rows, sliced),
                NaiveKernels.embed(NaiveKernels.decode(table.weights()), ids));
    }

    @Test
    default void usesOneTableOfBlocksForEmbeddingHeadAndProduct() {
        for (BlockKind kind : BlockKind.ALL) {
            Bench bench = benchFor(kind.name().length());
            TestWeights.Blocks table = kind.weights("table", Content.RANDOM, new Numbers(5), 40, 160);
            MatrixWeights packed = bench.matrix(table, MatrixUse.EMBEDDING, MatrixUse.LINEAR, MatrixUse.HEAD);
            Cells embedded = bench.output(7, 160, false);
            Cells out = bench.output(7, 40, false);
            bench.run(Bench.plainBatch(7), recorder -> {
                recorder.embed(packed, embedded.buffer());
                recorder.linear(embedded.buffer(), packed, out.buffer());
            });
            float[][] rows = Arrays.copyOf(NaiveKernels.decode(table.weights()), 7);
            embedded.assertHolds("embed " + kind, rows);
            out.assertHolds("linear " + kind, NaiveKernels.linear(rows, table.weights()));
        }
    }

    @Test
    default void normalisesRowsAndGroups() {
        // {length of a group, groups}
        int[][] shapes = {
            {1, 1}, {2, 1}, {3, 5}, {16, 1}, {17, 3}, {64, 4}, {100, 5}, {80, 3}, {127, 1}, {128, 1}, {128, 20},
            {129, 2}, {172, 1}, {257, 1}, {640, 1}, {2560, 1}
        };
        int number = 0;
        for (int[] shape : shapes) {
            for (Activations kind : new Activations[] {
                Activations.NORMAL,
                Activations.MIXED_MAGNITUDES,
                Activations.ZEROS_OF_BOTH_SIGNS,
                Activations.TINY,
                Activations.LARGE
            }) {
                Bench bench = benchFor(number);
                Numbers numbers = new Numbers(number);
                boolean sliced = number % 2 == 1;
                int tokens = Sizes.pick(Sizes.TOKENS, number);
                float[][] in = numbers.activations(kind, tokens, shape[0] * shape[1]);
                float[] gain = numbers.normals(shape[0], 1f);
                VectorWeights packed = bench.vector(gain);
                float epsilon = number % 3 == 0 ? 1e-6f : 1e-5f;
                float[][] expected = NaiveKernels.rmsNorm(in, gain, epsilon);
                String what = describe("rmsNorm of " + kind, number, bench, tokens, in[0].length, shape[1], sliced);
                Cells input = bench.cells(in, sliced);
                Cells out = bench.output(tokens, in[0].length, sliced);
                bench.run(
                        Bench.plainBatch(tokens),
                        recorder -> recorder.rmsNorm(input.buffer(), packed, epsilon, out.buffer()));
                out.assertHolds(what, expected);
                input.assertUntouched(what);
                bench.run(
                        Bench.plainBatch(tokens),
                        recorder -> recorder.rmsNorm(input.buffer(), packed, epsilon, input.buffer()));
                input.assertHolds(what + " in place", expected);
                number++;
            }
        }
    }

    @Test
    default void addsAndCopiesRowsAndBiases() {
        int number = 0;
        for (int columns : Sizes.FLOAT_COLUMNS) {
            Bench bench = benchFor(number);
            Numbers numbers = new Numbers(number);
            boolean sliced = number % 2 == 1;
            int tokens = Sizes.pick(Sizes.TOKENS, number);
            float[][] x = numbers.activations(Activations.MIXED_MAGNITUDES, tokens, columns);
            float[][] y = numbers.activations(Activations.NORMAL, tokens, columns);
            float[] bias = numbers.normals(columns, 1f);
            VectorWeights packed = bench.vector(bias);
            Cells sum = bench.cells(x, sliced);
            Cells other = bench.cells(y, sliced);
            Cells biased = bench.cells(x, sliced);
            Cells copied = bench.output(tokens, columns, sliced);
            bench.run(Bench.plainBatch(tokens), recorder -> {
                recorder.copy(sum.buffer(), copied.buffer());
                recorder.add(sum.buffer(), other.buffer());
                recorder.addBias(biased.buffer(), packed);
            });
            copied.assertHolds(describe("copy", number, bench, tokens, columns, 1, sliced), x);
            sum.assertHolds(describe("add", number, bench, tokens, columns, 1, sliced), NaiveKernels.add(x, y));
            other.assertUntouched("add: second operand");
            biased.assertHolds(
                    describe("addBias", number, bench, tokens, columns, 1, sliced), NaiveKernels.addBias(x, bias));
            number++;
        }
    }

    @TestFactory
    default Stream<DynamicTest> gatesOfBothKinds() {
        return Arrays.stream(GateKind.values())
                .map(kind -> DynamicTest.dynamicTest(kind.toString(), () -> {
                    int number = 0;
                    for (int columns : Sizes.FLOAT_COLUMNS) {
                        for (int aliasing = 0; aliasing < 3; aliasing++) {
                            checkGate(benchFor(number), kind, columns, aliasing, number);
                            number++;
                        }
                    }
                }));
    }

    private static void checkGate(Bench bench, GateKind kind, int columns, int aliasing, int number) {
        float[] special = {
            0f, -0f, -87f, 87f, -88f, 88f, -88.5f, 88.5f, -100f, 100f, 1e-40f, -1e-40f, 1e20f, -1e20f, 0.3f, -0.3f
        };
        Numbers numbers = new Numbers(number);
        boolean sliced = number % 2 == 1;
        int tokens = Sizes.pick(Sizes.TOKENS, number);
        float[][] gate = numbers.normals(tokens, columns, 4f);
        float[][] up = numbers.normals(tokens, columns, 2f);
        for (int t = 0; t < tokens; t++) {
            for (int i = 0; i < columns; i += 3) {
                gate[t][i] = special[(t + i) % special.length];
            }
        }
        Cells gateIn = bench.cells(gate, sliced);
        Cells upIn = bench.cells(up, sliced);
        Cells out = aliasing == 0 ? bench.output(tokens, columns, sliced) : aliasing == 1 ? gateIn : upIn;
        bench.run(
                Bench.plainBatch(tokens),
                recorder -> recorder.gate(kind, gateIn.buffer(), upIn.buffer(), out.buffer()));
        String what = describe(
                "gate " + kind + (aliasing == 0 ? "" : aliasing == 1 ? " onto gate" : " onto up"),
                number,
                bench,
                tokens,
                columns,
                1,
                sliced);
        out.assertHolds(what, NaiveKernels.gate(kind, gate, up));
        gateIn.assertUntouched(what);
        upIn.assertUntouched(what);
    }

    @TestFactory
    default Stream<DynamicTest> rotatesInBothStyles() {
        // {head dimension, rotated part}
        int[][] shapes = {{2, 2}, {8, 8}, {64, 64}, {80, 20}, {80, 80}, {100, 100}, {100, 50}, {128, 128}, {128, 64}};
        return Arrays.stream(RopeStyle.values())
                .map(style -> DynamicTest.dynamicTest(style.toString(), () -> {
                    int number = 0;
                    for (int[] shape : shapes) {
                        for (int heads : new int[] {1, 3, 5}) {
                            checkRope(benchFor(number), style, shape[0], shape[1], heads, number);
                            number++;
                        }
                    }
                }));
    }

    private static void checkRope(
            Bench bench, RopeStyle style, int headDimension, int dimension, int heads, int number) {
        Numbers numbers = new Numbers(number);
        boolean sliced = number % 2 == 1;
        int tokens = Sizes.pick(Sizes.TOKENS, number);
        int positions = 90;
        int pairs = dimension / 2;
        float[] cos = new float[positions * pairs];
        float[] sin = new float[positions * pairs];
        float[][] cosRows = new float[positions][pairs];
        float[][] sinRows = new float[positions][pairs];
        for (int position = 0; position < positions; position++) {
            for (int i = 0; i < pairs; i++) {
                double angle = position * StrictMath.pow(10000, -2.0 * i / dimension);
                cosRows[position][i] = (float) StrictMath.cos(angle);
                sinRows[position][i] = (float) StrictMath.sin(angle);
                cos[position * pairs + i] = cosRows[position][i];
                sin[position * pairs + i] = sinRows[position][i];
            }
        }
        RopeTable table = bench.backend().packRope(style, positions, dimension, cos, sin);
        StepBatch batch = new StepBatch(tokens, tokens, 1);
        int[] at = new int[tokens];
        for (int token = 0; token < tokens; token++) {
            at[token] = token == 0 ? positions - 1 : numbers.below(positions);
            batch.add(0, token, at[token], 0);
        }
        float[][] x = numbers.normals(tokens, heads * headDimension, 3f);
        Cells cells = bench.cells(x, sliced);
        bench.run(batch, recorder -> recorder.rope(cells.buffer(), headDimension, table));
        cells.assertHolds(
                describe(
                        "rope " + style + ", dimension " + dimension + " of " + headDimension,
                        number,
                        bench,
                        tokens,
                        x[0].length,
                        heads,
                        sliced),
                NaiveKernels.rope(x, at, headDimension, style, cosRows, sinRows));
    }
}
