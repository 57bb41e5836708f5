package org.ryzanstein.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.ryzanstein.api.kernel.ElementType;
import org.ryzanstein.api.kernel.HeadOutput;
import org.ryzanstein.api.kernel.MatrixUse;
import org.ryzanstein.api.kernel.MatrixWeights;
import org.ryzanstein.api.kernel.PreparedStep;
import org.ryzanstein.api.kernel.RowSet;
import org.ryzanstein.api.kernel.StepBatch;
import org.ryzanstein.api.weight.WeightSource;
import org.ryzanstein.api.weight.WeightSource.FloatFormat;

/** selectOutputs and the output head. */
interface HeadContract extends BackendUnderTest {
    int ALL = StepBatch.DISTRIBUTION;

    /**
     * Runs the head over a batch of which every second token wants nothing.
     *
     * @param wants one entry an output row
     */
    private static PreparedStep check(
            String name,
            Bench bench,
            WeightSource source,
            float[][] in,
            float[][] logits,
            int firstToken,
            int... wants) {
        int outputs = wants.length;
        int columns = in[0].length;
        StepBatch batch = new StepBatch(2 * outputs, 1, 1);
        float[][] all = new float[2 * outputs][columns];
        for (int row = 0; row < outputs; row++) {
            Arrays.fill(all[2 * row], 7f);
            all[2 * row + 1] = in[row];
            batch.add(0, 0, 2 * row, 0);
            batch.add(0, 0, 2 * row + 1, wants[row]);
        }
        int most = Math.max(1, Arrays.stream(wants).max().orElseThrow());
        MatrixWeights weights = bench.matrix(source, MatrixUse.HEAD);
        HeadOutput out = bench.backend().allocateHead(outputs, source.rows(), most);
        Cells input = bench.cells(all, true);
        Cells selected = new Cells(bench, ElementType.FLOAT32, RowSet.OUTPUTS, outputs, columns, true);
        PreparedStep step = bench.run(batch, recorder -> {
            recorder.selectOutputs(input.buffer(), selected.buffer());
            recorder.head(selected.buffer(), weights, firstToken, out);
        });
        String what = name + " [threads=" + bench.threads() + ", vocabulary=" + source.rows() + ", K=" + columns
                + ", firstToken=" + firstToken + ", wants=" + Arrays.toString(wants) + "]";
        selected.assertHolds(what + " selectOutputs", in);
        input.assertUntouched(what);
        for (int row = 0; row < outputs; row++) {
            if (!allFinite(logits[row])) {
                continue;
            }
            assertThat(step.faulted(2 * row + 1)).as(what + ": faulted").isFalse();
            if (wants[row] == ALL) {
                float[] found = new float[source.rows()];
                out.copyLogits(row, found);
                Bits.assertRow(what + ": logits of row " + row, logits[row], found);
            } else {
                assertCandidates(
                        what + ": row " + row, NaiveKernels.candidates(logits[row], wants[row], firstToken), out, row);
                int candidateRow = row;
                assertThatThrownBy(() -> out.copyLogits(candidateRow, new float[source.rows()]))
                        .as(what + ": logits of a row of candidates")
                        .isInstanceOf(IllegalStateException.class);
            }
        }
        return step;
    }

    private static boolean allFinite(float[] row) {
        for (float value : row) {
            if (!Float.isFinite(value)) {
                return false;
            }
        }
        return true;
    }

    private static void assertCandidates(String what, List<NaiveKernels.Candidate> expected, HeadOutput out, int row) {
        assertThat(out.count(row)).as(what + ": count").isEqualTo(expected.size());
        for (int i = 0; i < expected.size(); i++) {
            NaiveKernels.Candidate candidate = expected.get(i);
            if (candidate.id() != out.id(row, i) || !Bits.same(candidate.logit(), out.logit(row, i))) {
                throw new AssertionError(what + ", candidate " + i + ": expected id " + candidate.id() + " with "
                        + Bits.show(candidate.logit()) + ", found id " + out.id(row, i) + " with "
                        + Bits.show(out.logit(row, i)));
            }
        }
    }

    @TestFactory
    default Stream<DynamicTest> findsCandidatesInVocabulariesOfAnySize() {
        return Stream.of(1, 2, 3, 39, 40, 41, 255, 257, 1000, 5003)
                .map(size -> DynamicTest.dynamicTest("vocabulary " + size, () -> {
                    int number = size;
                    for (FloatFormat format : FloatFormat.values()) {
                        Numbers numbers = new Numbers(number);
                        float[][] weights = numbers.ofFormat(format, size, 67, 1f);
                        float[][] in = numbers.normals(7, 67, 1f);
                        check(
                                "head " + format + ", seed " + number,
                                benchFor(number),
                                new TestWeights.Floats("head", format, weights),
                                in,
                                NaiveKernels.linear(in, weights),
                                number % 2 == 0 ? 0 : 128000,
                                1,
                                ALL,
                                2,
                                40,
                                1,
                                size,
                                ALL);
                        number++;
                    }
                }));
    }

    @TestFactory
    default Stream<DynamicTest> findsCandidatesOfRowsThatLieWhereTheyAreStored() {
        return Arrays.stream(FloatFormat.values())
                .flatMap(format -> Stream.of(67, 128)
                        .map(columns -> DynamicTest.dynamicTest(format + ", K = " + columns, () -> {
                            Numbers numbers = new Numbers(columns);
                            float[][] weights = numbers.ofFormat(format, 3001, columns, 1f);
                            float[][] in = numbers.normals(5, columns, 1f);
                            for (int threads : Sizes.TEAMS) {
                                check(
                                        "stored head " + format + ", seed " + columns,
                                        bench(threads),
                                        new TestWeights.StoredFloats(new TestWeights.Floats("head", format, weights)),
                                        in,
                                        NaiveKernels.linear(in, weights),
                                        0,
                                        1,
                                        ALL,
                                        40,
                                        3001,
                                        2);
                            }
                        })));
    }

    @TestFactory
    default Stream<DynamicTest> findsCandidatesByBlocks() {
        return BlockKind.ALL.stream()
                .map(kind -> DynamicTest.dynamicTest(kind.toString(), () -> {
                    for (int threads : Sizes.TEAMS) {
                        Numbers numbers = new Numbers(threads);
                        TestWeights.Blocks weights = kind.weights("head", BlockKind.Content.RANDOM, numbers, 900, 96);
                        float[][] in = numbers.normals(5, 96, 1f);
                        check(
                                "head " + kind + ", seed " + threads,
                                bench(threads),
                                weights,
                                in,
                                NaiveKernels.linear(in, weights.weights()),
                                0,
                                1,
                                40,
                                ALL,
                                900,
                                2);
                    }
                }));
    }

    @Test
    default void ordersEqualLogitsById() {
        Numbers numbers = new Numbers(21);
        float[][] distinct = numbers.normals(9, 50, 1f);
        float[][] weights = new float[2000][];
        for (int row = 0; row < weights.length; row++) {
            weights[row] = distinct[numbers.below(9)];
        }
        float[][] in = numbers.normals(4, 50, 1f);
        in[3] = new float[50];
        for (int threads : Sizes.TEAMS) {
            check(
                    "equal logits",
                    bench(threads),
                    new TestWeights.Floats("head", FloatFormat.FLOAT32, weights),
                    in,
                    NaiveKernels.linear(in, weights),
                    0,
                    40,
                    2000,
                    1,
                    300);
        }
    }

    @Test
    default void countsZerosOfBothSignsAsEqual() {
        float[][] weights = new float[4][16];
        Arrays.fill(weights[0], -1e-30f);
        Arrays.fill(weights[2], -1e-30f);
        Arrays.fill(weights[3], -1f);
        float[][] in = new float[1][16];
        Arrays.fill(in[0], 1e-30f);
        check(
                "-0.0 and 0.0",
                bench(1),
                new TestWeights.Floats("head", FloatFormat.FLOAT32, weights),
                in,
                NaiveKernels.linear(in, weights),
                0,
                4);
    }

    @Test
    default void tellsLogitsApartThatDifferInTheLastBit() {
        Numbers numbers = new Numbers(22);
        float[] base = numbers.normals(64, 1f);
        float[][] weights = new float[3000][];
        for (int row = 0; row < weights.length; row++) {
            weights[row] = base.clone();
            int column = numbers.below(64);
            for (int i = numbers.below(4); i > 0; i--) {
                weights[row][column] = Math.nextUp(weights[row][column]);
            }
        }
        float[][] in = numbers.normals(3, 64, 1f);
        for (int threads : Sizes.TEAMS) {
            check(
                    "near ties",
                    bench(threads),
                    new TestWeights.Floats("head", FloatFormat.FLOAT32, weights),
                    in,
                    NaiveKernels.linear(in, weights),
                    0,
                    1000,
                    1,
                    40);
        }
    }

    /** A value's next one in its format. */
    private static float next(FloatFormat format, float value) {
        return switch (format) {
            case FLOAT32 -> Math.nextUp(value);
            case FLOAT16 -> Float.float16ToFloat((short) (Float.floatToFloat16(value) + 1));
            case BFLOAT16 -> Float.intBitsToFloat(Float.floatToRawIntBits(value) + 0x10000);
        };
    }

    @TestFactory
    default Stream<DynamicTest> findsTheBestOfAThousandNearTies() {
        return Arrays.stream(FloatFormat.values())
                .map(format -> DynamicTest.dynamicTest(format.toString(), () -> {
                    for (int threads : Sizes.TEAMS) {
                        Numbers numbers = new Numbers(30 + threads);
                        int columns = threads == 2 ? 161 : 160;
                        float[][] weights = numbers.ofFormat(format, 4099, columns, 0.05f);
                        float[][] in = numbers.normals(6, columns, 1f);
                        float[] base = numbers.ofFormat(format, 1, columns, 0.05f)[0];
                        for (int k = 0; k < columns; k++) {
                            base[k] = Math.abs(base[k]) * Math.signum(in[0][k]);
                        }
                        for (int i = 0; i < 1000; i++) {
                            float[] row = base.clone();
                            int column = numbers.below(columns);
                            row[column] = next(format, row[column]);
                            weights[4 * i + numbers.below(4)] = row;
                        }
                        check(
                                "a thousand near ties, " + format,
                                bench(threads),
                                new TestWeights.Floats("head", format, weights),
                                in,
                                NaiveKernels.linear(in, weights),
                                threads == 3 ? 1000 : 0,
                                1,
                                40,
                                ALL,
                                2,
                                200,
                                1);
                    }
                }));
    }

    @Test
    default void findsTheBestOfLogitsOfAnyMagnitude() {
        Numbers numbers = new Numbers(24);
        float[][] weights = numbers.normals(900, 64, 1f);
        float[][] in = numbers.normals(6, 64, 1f);
        float[] factors = {0f, 1e-44f, 1e-30f, 1e30f, 1e36f, -1e-38f};
        for (int row = 0; row < in.length; row++) {
            for (int k = 0; k < 64; k++) {
                in[row][k] *= factors[row];
            }
        }
        for (int threads : Sizes.TEAMS) {
            check(
                    "magnitudes",
                    bench(threads),
                    new TestWeights.Floats("head", FloatFormat.FLOAT32, weights),
                    in,
                    NaiveKernels.linear(in, weights),
                    0,
                    3,
                    2,
                    1,
                    40,
                    1,
                    5);
        }
    }

    /** A backend may prepare a large head only when it is used; nobody shall see it. Steps want all logits and candidates in turn. */
    @Test
    default void findsTheSameInALargeHeadWhateverStepItIs() {
        int rows = 1_050_000;
        int columns = 32;
        float[][] distinct = new Numbers(26).ofFormat(FloatFormat.FLOAT16, 1009, columns, 1f);
        float[] in = new Numbers(27).normals(columns, 1f);
        float[] products = NaiveKernels.linear(new float[][] {in}, distinct)[0];
        float[][] content = repeated(distinct, rows);
        float[] logits = new float[rows];
        for (int row = 0; row < rows; row++) {
            logits[row] = products[row % distinct.length];
        }
        List<NaiveKernels.Candidate> expected = NaiveKernels.candidates(logits, 5, 0);
        TestWeights.Floats source = new TestWeights.Floats("head", FloatFormat.FLOAT16, content);
        Bench bench = bench(3);
        MatrixWeights weights = bench.matrix(new TestWeights.StoredFloats(source), MatrixUse.HEAD);
        HeadOutput out = bench.backend().allocateHead(1, rows, 5);
        Cells input = bench.cells(RowSet.OUTPUTS, new float[][] {in}, false);
        for (int round = 0; round < 6; round++) {
            boolean all = round % 2 == 0;
            StepBatch batch = new StepBatch(1, 1, 1);
            batch.add(0, 0, 0, all ? ALL : 5);
            bench.run(batch, recorder -> recorder.head(input.buffer(), weights, 0, out));
            if (all) {
                float[] found = new float[rows];
                out.copyLogits(0, found);
                Bits.assertRow("all logits, step " + round, logits, found);
            } else {
                assertCandidates("step " + round, expected, out, 0);
            }
        }
    }

    private static float[][] repeated(float[][] distinct, int rows) {
        float[][] content = new float[rows][];
        Arrays.setAll(content, row -> distinct[row % distinct.length]);
        return content;
    }

    @Test
    default void marksRowsThatMeetAnInfiniteWeightOfALargeHeadInEachStep() {
        int rows = 1_050_000;
        Numbers numbers = new Numbers(28);
        float[][] content = repeated(numbers.ofFormat(FloatFormat.FLOAT16, 1009, 32, 1f), rows);
        content[777_777] = content[777_777].clone();
        content[777_777][31] = Float.POSITIVE_INFINITY;
        TestWeights.Floats source = new TestWeights.Floats("head", FloatFormat.FLOAT16, content);
        Bench bench = bench(3);
        MatrixWeights weights = bench.matrix(new TestWeights.StoredFloats(source), MatrixUse.HEAD);
        HeadOutput out = bench.backend().allocateHead(1, rows, 5);
        Cells input = bench.cells(RowSet.OUTPUTS, numbers.normals(1, 32, 1f), false);
        for (int wanted : new int[] {5, ALL, 5, 1}) {
            StepBatch batch = new StepBatch(1, 1, 1);
            batch.add(0, 0, 0, wanted);
            PreparedStep step = bench.run(batch, recorder -> recorder.head(input.buffer(), weights, 0, out));
            assertThat(step.faulted(0)).as("wanted " + wanted).isTrue();
        }
    }

    @TestFactory
    default Stream<DynamicTest> marksRowsThatMeetAnInfiniteWeight() {
        return Arrays.stream(FloatFormat.values())
                .map(format -> DynamicTest.dynamicTest(format.toString(), () -> {
                    Numbers numbers = new Numbers(25);
                    float[][] weights = numbers.ofFormat(format, 700, 48, 1f);
                    weights[600][7] = Float.NEGATIVE_INFINITY;
                    float[][] in = numbers.normals(2, 48, 1f);
                    TestWeights.Floats source = new TestWeights.Floats("head", format, weights);
                    for (WeightSource either : List.of(source, new TestWeights.StoredFloats(source))) {
                        PreparedStep step = check(
                                "an infinite weight, " + format,
                                bench(2),
                                either,
                                in,
                                NaiveKernels.linear(in, weights),
                                0,
                                1,
                                ALL);
                        assertThat(step.faulted(1)).isTrue();
                        assertThat(step.faulted(3)).isTrue();
                    }
                }));
    }

    @Test
    default void marksRowsWithALogitThatIsNotFinite() {
        Numbers numbers = new Numbers(23);
        float[][] weights = numbers.normals(700, 33, 1f);
        weights[500][5] = 3e38f;
        float[][] in = numbers.normals(4, 33, 1f);
        in[0][5] = 0f;
        in[1][5] = 1e10f;
        in[2][5] = 0f;
        in[3][5] = Float.NaN;
        for (int threads : Sizes.TEAMS) {
            PreparedStep step = check(
                    "logits not finite",
                    bench(threads),
                    new TestWeights.Floats("head", FloatFormat.FLOAT32, weights),
                    in,
                    NaiveKernels.linear(in, weights),
                    0,
                    2,
                    1,
                    ALL,
                    40);
            assertThat(step.faulted(3)).isTrue();
            assertThat(step.faulted(7)).isTrue();
            assertThat(step.faulted(0)).isFalse();
        }
    }
}
