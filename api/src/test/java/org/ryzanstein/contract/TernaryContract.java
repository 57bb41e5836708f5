package org.ryzanstein.contract;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.ryzanstein.api.kernel.Buffer;
import org.ryzanstein.api.kernel.ElementType;
import org.ryzanstein.api.kernel.MatrixUse;
import org.ryzanstein.api.kernel.MatrixWeights;
import org.ryzanstein.api.kernel.PreparedStep;
import org.ryzanstein.api.kernel.QuantizedActivations;
import org.ryzanstein.api.kernel.VectorWeights;
import org.ryzanstein.contract.Numbers.Activations;
import org.ryzanstein.contract.Numbers.Digits;

/** The ternary layer: normStatistics, quantize in one piece or by parts, multiply, rescale. */
interface TernaryContract extends BackendUnderTest {
    float EPSILON = 1e-5f;

    /** One ternary layer over one matrix of activations. */
    record Layer(
            String name,
            float[][] in,
            float @Nullable [] gain,
            int blockSize,
            byte[][] digits,
            float[] scales,
            boolean sliced) {
        /** Runs the four operations and compares each of their results. */
        PreparedStep check(Bench bench) {
            String what = name + " [threads=" + bench.threads() + ", tokens=" + in.length + ", K=" + in[0].length
                    + ", rows=" + digits.length + ", gain=" + (gain != null) + ", blockSize=" + blockSize + ", sliced="
                    + sliced + "] ";
            float[][] statistics = NaiveKernels.normStatistics(in, gain, blockSize);
            NaiveKernels.Quantized quantized = NaiveKernels.quantize(in, gain, statistics, in[0].length, EPSILON);
            int[][] sums = NaiveKernels.multiply(quantized.digits(), digits);

            Cells input = bench.cells(in, sliced);
            Cells statisticsOut = bench.output(in.length, statistics[0].length, sliced);
            Cells sumsOut = bench.sums(in.length, digits.length, sliced);
            Cells out = bench.output(in.length, digits.length, sliced);
            QuantizedActivations quantizedOut =
                    bench.backend().allocateQuantized(in.length + (sliced ? 2 : 0), in[0].length);
            MatrixWeights weights = bench.matrix(new TestWeights.Ternary(name, digits, scales), MatrixUse.LINEAR);
            VectorWeights packedGain = gain == null ? null : bench.vector(gain);
            PreparedStep step = bench.run(Bench.plainBatch(in.length), recorder -> {
                recorder.normStatistics(input.buffer(), packedGain, blockSize, statisticsOut.buffer());
                recorder.quantize(
                        input.buffer(), packedGain, statisticsOut.buffer(), in[0].length, EPSILON, quantizedOut);
                recorder.multiply(quantizedOut, weights, sumsOut.buffer());
                recorder.rescale(sumsOut.buffer(), quantizedOut, weights, out.buffer());
            });
            boolean[] skip = quantized.faulted();
            statisticsOut.assertHolds(what + "normStatistics", statistics, skip);
            assertQuantized(what + "quantize", bench, quantized, quantizedOut, step);
            sumsOut.assertHolds(what + "multiply", sums, skip);
            out.assertHolds(what + "rescale", NaiveKernels.rescale(sums, quantized.factors(), scales), skip);
            input.assertUntouched(what + "input");
            return step;
        }
    }

    private static void assertQuantized(
            String what,
            Bench bench,
            NaiveKernels.Quantized expected,
            QuantizedActivations quantized,
            PreparedStep step) {
        int rows = expected.digits().length;
        int columns = expected.digits()[0].length;
        byte[] digits = new byte[rows * columns];
        float[] factors = new float[rows];
        bench.backend().queue().download(quantized, rows, digits, factors);
        for (int row = 0; row < rows; row++) {
            assertThat(step.faulted(row)).as(what + ": faulted, row " + row).isEqualTo(expected.faulted()[row]);
            int[] wanted = new int[columns];
            int[] found = new int[columns];
            for (int i = 0; i < columns; i++) {
                wanted[i] = expected.digits()[row][i];
                found[i] = digits[row * columns + i];
            }
            Bits.assertRow(what + ": digits of row " + row, wanted, found);
            if (!expected.faulted()[row] && !Bits.same(expected.factors()[row], factors[row])) {
                throw new AssertionError(what + ": factor of row " + row + ": expected "
                        + Bits.show(expected.factors()[row]) + ", found " + Bits.show(factors[row]));
            }
        }
    }

    @TestFactory
    default Stream<DynamicTest> ternaryLayersOfOddSizes() {
        return IntStream.range(0, Sizes.TERNARY_COLUMNS.length)
                .mapToObj(index -> DynamicTest.dynamicTest("K = " + Sizes.TERNARY_COLUMNS[index], () -> {
                    for (int r = 0; r < Sizes.TERNARY_ROWS.length; r++) {
                        oddLayer(index, r).check(benchFor(index + r));
                    }
                }));
    }

    private static Layer oddLayer(int columnIndex, int rowIndex) {
        int number = columnIndex * Sizes.TERNARY_ROWS.length + rowIndex;
        long seed = 1000L + number;
        Numbers numbers = new Numbers(seed);
        int columns = Sizes.TERNARY_COLUMNS[columnIndex];
        int tokens = Sizes.pick(Sizes.TOKENS, number);
        return new Layer(
                "seed " + seed,
                numbers.activations(
                        number % 3 == 0 ? Activations.MIXED_MAGNITUDES : Activations.NORMAL, tokens, columns),
                number % 2 == 0 ? numbers.normals(columns, 2f) : null,
                Sizes.pick(Sizes.NORM_BLOCKS, number / 2),
                numbers.digits(Digits.RANDOM, Sizes.TERNARY_ROWS[rowIndex], columns),
                numbers.rangeScales(Sizes.TERNARY_ROWS[rowIndex]),
                number % 3 == 1);
    }

    @TestFactory
    default Stream<DynamicTest> ternaryLayersWithOneScaleForManyRowsOrForEach() {
        return Stream.of(
                        new int[] {300},
                        new int[] {131, 70, 99},
                        new int[] {97, 1, 202},
                        new int[] {1, 1, 298},
                        new int[0])
                .map(runs -> DynamicTest.dynamicTest(Arrays.toString(runs), () -> {
                    Numbers numbers = new Numbers(runs.length);
                    float[] scales = numbers.normals(300, 1f);
                    int row = 0;
                    for (int run : runs) {
                        Arrays.fill(scales, row, row + run, scales[row]);
                        row += run;
                    }
                    for (int tokens : new int[] {1, 5}) {
                        float[][] in = numbers.activations(Activations.NORMAL, tokens, 40);
                        byte[][] digits = numbers.digits(Digits.RANDOM, 300, 40);
                        new Layer("runs", in, null, 40, digits, scales, tokens > 1).check(benchFor(tokens));
                    }
                }));
    }

    @TestFactory
    default Stream<DynamicTest> ternaryLayersOfExtremeContent() {
        return Arrays.stream(Activations.values())
                .map(kind -> DynamicTest.dynamicTest(kind.toString(), () -> {
                    int number = 100 * List.of(Activations.values()).indexOf(kind);
                    for (Digits digits : Digits.values()) {
                        for (int columns : new int[] {1, 65, 172, 640}) {
                            extremeLayer(kind, digits, columns, number).check(benchFor(number));
                            number++;
                        }
                    }
                }));
    }

    private static Layer extremeLayer(Activations kind, Digits digits, int columns, int number) {
        long seed = 5000L + number;
        Numbers numbers = new Numbers(seed);
        boolean withGain = number % 2 == 0 && kind != Activations.HUGE;
        int rows = Sizes.pick(Sizes.TERNARY_ROWS, number);
        return new Layer(
                "seed " + seed + ", activations " + kind + ", digits " + digits,
                numbers.activations(kind, Sizes.pick(Sizes.TOKENS, number), columns),
                withGain ? numbers.normals(columns, 1f) : null,
                128,
                numbers.digits(digits, rows, columns),
                numbers.rangeScales(rows),
                number % 4 >= 2);
    }

    @TestFactory
    default Stream<DynamicTest> ternaryLayersOfRealShapes() {
        int[][] shapes = {{3840, 2560, 3}, {13824, 2560, 2}, {2560, 6912, 5}};
        return Arrays.stream(shapes)
                .map(shape -> DynamicTest.dynamicTest(shape[0] + " x " + shape[1], () -> {
                    Numbers numbers = new Numbers(shape[0]);
                    new Layer(
                                    "seed " + shape[0],
                                    numbers.activations(Activations.NORMAL, shape[2], shape[1]),
                                    numbers.normals(shape[1], 1f),
                                    128,
                                    numbers.digits(Digits.RANDOM, shape[0], shape[1]),
                                    numbers.rangeScales(shape[0]),
                                    false)
                            .check(bench(2));
                }));
    }

    @Test
    default void ternarySumsReachTheirLimitOnTheLongestRow() {
        for (Digits digits : new Digits[] {Digits.ALL_PLUS, Digits.ALL_MINUS}) {
            Numbers numbers = new Numbers(6);
            new Layer(
                            "seed 6, all activations 127, digits " + digits,
                            numbers.activations(Activations.ALL_EQUAL, 2, 6912),
                            null,
                            128,
                            numbers.digits(digits, 67, 6912),
                            numbers.rangeScales(67),
                            false)
                    .check(bench(2));
        }
    }

    @Test
    default void quantisesAShardByTheStatisticsOfTheWholeRow() {
        Numbers numbers = new Numbers(7);
        int whole = 897;
        int from = 256;
        int columns = 385;
        float[][] rows = numbers.activations(Activations.NORMAL, 5, whole);
        float[] gain = numbers.normals(whole, 1f);
        // The largest value stands outside of the shard.
        Arrays.stream(rows).forEach(row -> row[3] = 50f);
        float[][] statistics = NaiveKernels.normStatistics(rows, gain, 128);
        float[][] part = columns(rows, from, from + columns);
        float[] partGain = Arrays.copyOfRange(gain, from, from + columns);
        for (boolean withGain : new boolean[] {true, false}) {
            for (boolean sliced : new boolean[] {true, false}) {
                Bench bench = bench(3);
                float @Nullable [] used = withGain ? partGain : null;
                NaiveKernels.Quantized expected = NaiveKernels.quantize(part, used, statistics, whole, EPSILON);
                Cells input = bench.cells(part, sliced);
                Cells statisticsIn = bench.cells(statistics, sliced);
                QuantizedActivations quantized = bench.backend().allocateQuantized(5, columns);
                VectorWeights packedGain = used == null ? null : bench.vector(used);
                PreparedStep step = bench.run(
                        Bench.plainBatch(5),
                        recorder -> recorder.quantize(
                                input.buffer(), packedGain, statisticsIn.buffer(), whole, EPSILON, quantized));
                assertQuantized("sharded quantize, gain " + withGain, bench, expected, quantized, step);
            }
        }
    }

    @Test
    default void quantisesAShardByTheStatisticsOfAllShards() {
        Numbers numbers = new Numbers(8);
        int[] starts = {0, 256, 640, 897, 897};
        int whole = 897;
        float[][] rows = numbers.activations(Activations.NORMAL, 5, whole);
        float[] gain = numbers.normals(whole, 1f);
        rows[0][3] = 50f;
        rows[1][896] = -60f;
        rows[2][300] = 70f;
        rows[3][700] = Float.NaN;
        int shards = starts.length - 1;
        int[] shardColumns = new int[shards];
        float[][] gathered = new float[rows.length][];
        for (int shard = 0; shard < shards; shard++) {
            float[][] part = columns(rows, starts[shard], starts[shard + 1]);
            float[][] statistics =
                    NaiveKernels.normStatistics(part, Arrays.copyOfRange(gain, starts[shard], starts[shard + 1]), 128);
            shardColumns[shard] = statistics[0].length;
            for (int row = 0; row < rows.length; row++) {
                int before = shard == 0 ? 0 : gathered[row].length;
                float[] longer = shard == 0 ? new float[0] : gathered[row];
                longer = Arrays.copyOf(longer, before + shardColumns[shard]);
                System.arraycopy(statistics[row], 0, longer, before, shardColumns[shard]);
                gathered[row] = longer;
            }
        }
        float[][] statistics = NaiveKernels.normStatistics(rows, gain, 128);
        for (int shard = 0; shard < shards - 1; shard++) {
            float[][] part = columns(rows, starts[shard], starts[shard + 1]);
            float[] partGain = Arrays.copyOfRange(gain, starts[shard], starts[shard + 1]);
            Bench bench = bench(2);
            Cells input = bench.cells(part, false);
            Cells statisticsIn = bench.cells(gathered, false);
            VectorWeights packedGain = bench.vector(partGain);
            QuantizedActivations quantized = bench.backend().allocateQuantized(5, part[0].length);
            PreparedStep step = bench.run(
                    Bench.plainBatch(5),
                    recorder -> recorder.quantize(
                            input.buffer(),
                            packedGain,
                            statisticsIn.buffer(),
                            shardColumns,
                            whole,
                            EPSILON,
                            quantized));
            NaiveKernels.Quantized expected = NaiveKernels.quantize(part, partGain, statistics, whole, EPSILON);
            assertQuantized("shard " + shard, bench, expected, quantized, step);
        }
    }

    @Test
    default void multipliesWhatSeveralHaveQuantisedByParts() {
        Numbers numbers = new Numbers(12);
        int whole = 897;
        int[] starts = {0, 256, 640, 897};
        float[][] rows = numbers.activations(Activations.NORMAL, 5, whole);
        float[] gain = numbers.normals(whole, 1f);
        rows[2][700] = Float.NaN;
        byte[][] digits = numbers.digits(Digits.RANDOM, 130, whole);
        float[] scales = numbers.rangeScales(130);
        float[][] statistics = NaiveKernels.normStatistics(rows, gain, 128);
        NaiveKernels.Quantized expected = NaiveKernels.quantize(rows, gain, statistics, whole, EPSILON);
        int[][] sums = NaiveKernels.multiply(expected.digits(), digits);
        for (int threads : Sizes.TEAMS) {
            Bench bench = bench(threads);
            Cells statisticsIn = bench.cells(statistics, false);
            int[] shardColumns = {statistics[0].length};
            QuantizedActivations own = bench.backend().allocateQuantized(6, whole);
            QuantizedActivations others = bench.backend().allocateQuantized(6, whole);
            MatrixWeights weights = bench.matrix(new TestWeights.Ternary("w", digits, scales), MatrixUse.LINEAR);
            Cells found = bench.sums(5, 130, false);
            Cells out = bench.output(5, 40, true);
            PreparedStep step = bench.run(Bench.plainBatch(5), recorder -> {
                for (int part = 0; part < starts.length - 1; part++) {
                    int from = starts[part];
                    float[] partGain = Arrays.copyOfRange(gain, from, starts[part + 1]);
                    recorder.quantizePart(
                            bench.cells(columns(rows, from, starts[part + 1]), part == 1)
                                    .buffer(),
                            bench.vector(partGain),
                            statisticsIn.buffer(),
                            shardColumns,
                            whole,
                            EPSILON,
                            part == 1 ? own : others,
                            from);
                }
                recorder.call(queue -> {
                    queue.await();
                    copyWords(others.digits(), own.digits(), 0, starts[1] / ElementType.BYTES);
                    copyWords(
                            others.digits(),
                            own.digits(),
                            starts[2] / ElementType.BYTES,
                            own.digits().columns());
                });
                recorder.takeDigits(own);
                recorder.multiply(own, weights, found.buffer());
                recorder.rescale(found.buffer().slice(90, 40), own, weights, 90, out.buffer());
            });
            boolean[] skip = expected.faulted();
            assertQuantized("by parts", bench, expected, own, step);
            found.assertHolds("sums", sums, skip);
            float[][] rescaled = NaiveKernels.rescale(sums, expected.factors(), scales);
            out.assertHolds("rescaled rows", columns(rescaled, 90, 130), skip);
        }
    }

    /** What a communicator does to columns {@code from .. to} of all rows. */
    private static void copyWords(Buffer source, Buffer target, int from, int to) {
        Buffer part = target.slice(from, to - from);
        Buffer given = source.slice(from, to - from);
        for (int row = 0; row < source.rows(); row++) {
            MemorySegment.copy(
                    given.memory(),
                    (long) row * given.stride() * ElementType.BYTES,
                    part.memory(),
                    (long) row * part.stride() * ElementType.BYTES,
                    (long) part.columns() * ElementType.BYTES);
        }
    }

    private static float[][] columns(float[][] rows, int from, int to) {
        return Arrays.stream(rows).map(row -> Arrays.copyOfRange(row, from, to)).toArray(float[][]::new);
    }

    @Test
    default void marksRowsThatAreNotFiniteAndLeavesTheirNeighboursAlone() {
        float[] bad = {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY, Float.intBitsToFloat(0xffc00001)};
        for (boolean withGain : new boolean[] {true, false}) {
            for (int columns : new int[] {1, 64, 172}) {
                Numbers numbers = new Numbers(columns);
                float[][] in = numbers.activations(Activations.NORMAL, 9, columns);
                for (int i = 0; i < bad.length; i++) {
                    in[2 * i + 1][numbers.below(columns)] = bad[i];
                }
                float[] gain = numbers.normals(columns, 1f);
                byte[][] digits = numbers.digits(Digits.RANDOM, 70, columns);
                Layer layer = new Layer(
                        "rows that are not finite",
                        in,
                        withGain ? gain : null,
                        128,
                        digits,
                        numbers.rangeScales(70),
                        false);
                for (int threads : Sizes.TEAMS) {
                    layer.check(bench(threads));
                }
            }
        }
    }

    @Test
    default void marksRowsWhoseGainOrSumOfSquaresOverflows() {
        float[][] in = new Numbers(8).normals(4, 40, 1f);
        in[1][7] = 3e38f;
        in[2][9] = 1e25f;
        float[] gain = new Numbers(9).normals(40, 1f);
        gain[7] = 4f;
        gain[9] = 0.5f;
        Numbers numbers = new Numbers(10);
        new Layer("overflow", in, gain, 128, numbers.digits(Digits.RANDOM, 5, 40), numbers.rangeScales(5), false)
                .check(bench(1));
    }

    @Test
    default void forgetsFaultsWhenTheStepRunsAgain() {
        Bench bench = bench(2);
        float[][] in = new Numbers(11).normals(3, 20, 1f);
        float[][] broken = Arrays.stream(in).map(float[]::clone).toArray(float[][]::new);
        broken[1][4] = Float.NaN;
        Cells input = bench.cells(broken, false);
        Cells statistics = bench.output(3, 2, false);
        QuantizedActivations quantized = bench.backend().allocateQuantized(3, 20);
        PreparedStep step = bench.run(Bench.plainBatch(3), recorder -> {
            recorder.normStatistics(input.buffer(), null, 128, statistics.buffer());
            recorder.quantize(input.buffer(), null, statistics.buffer(), 20, EPSILON, quantized);
        });
        assertThat(new boolean[] {step.faulted(0), step.faulted(1), step.faulted(2)})
                .containsExactly(false, true, false);

        input.write(in);
        bench.submit(step, Bench.plainBatch(3));

        float[][] expected = NaiveKernels.normStatistics(in, null, 128);
        assertQuantized("second run", bench, NaiveKernels.quantize(in, null, expected, 20, EPSILON), quantized, step);
    }

    @Test
    default void multipliesOneQuantisationByTwoMatrices() {
        Bench bench = bench(3);
        Numbers numbers = new Numbers(12);
        float[][] in = numbers.activations(Activations.NORMAL, 4, 130);
        float[][] statistics = NaiveKernels.normStatistics(in, null, 128);
        NaiveKernels.Quantized quantized = NaiveKernels.quantize(in, null, statistics, 130, EPSILON);
        byte[][] first = numbers.digits(Digits.RANDOM, 70, 130);
        byte[][] second = numbers.digits(Digits.RANDOM, 33, 130);
        float[] scales = numbers.rangeScales(70);
        MatrixWeights firstWeights = bench.matrix(new TestWeights.Ternary("first", first, scales), MatrixUse.LINEAR);
        MatrixWeights secondWeights =
                bench.matrix(new TestWeights.Ternary("second", second, numbers.rangeScales(33)), MatrixUse.LINEAR);
        Cells input = bench.cells(in, false);
        Cells statisticsIn = bench.cells(statistics, false);
        QuantizedActivations q = bench.backend().allocateQuantized(4, 130);
        Cells firstSums = bench.sums(4, 70, true);
        Cells secondSums = bench.sums(4, 33, true);
        bench.run(Bench.plainBatch(4), recorder -> {
            recorder.quantize(input.buffer(), null, statisticsIn.buffer(), 130, EPSILON, q);
            recorder.multiply(q, firstWeights, firstSums.buffer());
            recorder.multiply(q, secondWeights, secondSums.buffer());
        });
        firstSums.assertHolds("first", NaiveKernels.multiply(quantized.digits(), first), null);
        secondSums.assertHolds("second", NaiveKernels.multiply(quantized.digits(), second), null);
        assertThat(firstWeights.name()).isEqualTo("first");
        assertThat(firstWeights.rows()).isEqualTo(70);
        assertThat(firstWeights.columns()).isEqualTo(130);
        assertThat(firstWeights.bytes()).isPositive();
        assertThat(firstWeights.layout()).isNotBlank();
    }
}
