package org.ryzanstein.contract;

import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.ryzanstein.api.weight.WeightSource.FloatFormat;
import org.ryzanstein.contract.BlockKind.Content;
import org.ryzanstein.contract.Numbers.Activations;

/** Linear layers that are not ternary, at the row lengths of real models and at the extremes of their numbers. */
interface LinearShapesContract extends BackendUnderTest {
    @TestFactory
    default Stream<DynamicTest> multipliesFloatsOfRealShapes() {
        return Stream.of(FloatFormat.values())
                .flatMap(format -> Stream.concat(Stream.of(Sizes.REAL_SHAPES), Stream.of(Sizes.ODD_SHAPES))
                        .map(shape -> DynamicTest.dynamicTest(format + " " + Arrays.toString(shape), () -> {
                            int seed = Arrays.hashCode(shape) + format.name().length();
                            Numbers numbers = new Numbers(seed);
                            float[][] in = numbers.activations(Activations.NORMAL, shape[2], shape[1]);
                            float[][] weights = numbers.ofFormat(format, shape[0], shape[1], 0.05f);
                            FloatContract.checkLinear(
                                    benchFor(seed), format, in, weights, seed % 2 != 0, "seed " + seed);
                        })));
    }

    @TestFactory
    default Stream<DynamicTest> multipliesBlocksOfRealShapes() {
        return BlockKind.COMMON.stream()
                .flatMap(kind -> Stream.concat(Stream.of(Sizes.REAL_SHAPES), Stream.of(Sizes.ODD_SHAPES_OF_BLOCKS))
                        .map(shape -> DynamicTest.dynamicTest(kind + " " + Arrays.toString(shape), () -> {
                            int seed = Arrays.hashCode(shape) + kind.name().length();
                            float[][] in = new Numbers(seed).activations(Activations.NORMAL, shape[2], shape[1]);
                            FloatContract.checkBlocks(benchFor(seed), kind, Content.RANDOM, in, shape[0], seed);
                        })));
    }

    /** The largest sums that a block and a row can have, for one token and for many. */
    @TestFactory
    default Stream<DynamicTest> multipliesLongRowsOfExtremeBlocks() {
        return BlockKind.COMMON.stream()
                .map(kind -> DynamicTest.dynamicTest(kind.toString(), () -> {
                    int number = 0;
                    for (Content content : Content.values()) {
                        for (Activations activations : new Activations[] {
                            Activations.ALL_EQUAL,
                            Activations.ALL_NEGATIVE,
                            Activations.ALTERNATING,
                            Activations.ONE_SPIKE,
                            Activations.ZEROS_OF_BOTH_SIGNS,
                            Activations.LARGE
                        }) {
                            for (int tokens : new int[] {1, 18}) {
                                float[][] in = new Numbers(number).activations(activations, tokens, 6912);
                                FloatContract.checkBlocks(benchFor(number), kind, content, in, 7, number);
                                number++;
                            }
                        }
                    }
                }));
    }

    /** Numbers at the ends of a format's range beside small ones, with sums that stay finite and others that overflow. */
    @TestFactory
    default Stream<DynamicTest> multipliesFloatsAtTheEndsOfTheirRange() {
        return Stream.of(FloatFormat.values())
                .map(format -> DynamicTest.dynamicTest(format.toString(), () -> {
                    float most = switch (format) {
                        case FLOAT32 -> Float.MAX_VALUE;
                        case FLOAT16 -> 65504f;
                        case BFLOAT16 -> Float.intBitsToFloat(0x7f7f0000);
                    };
                    float least = switch (format) {
                        case FLOAT32 -> Float.MIN_VALUE;
                        case FLOAT16 -> 0x1p-24f;
                        case BFLOAT16 -> 0x1p-133f;
                    };
                    int number = 0;
                    for (int columns : new int[] {172, 2048, 6913}) {
                        for (float factor : new float[] {1e-36f, 1e-5f, 1f}) {
                            for (int tokens : new int[] {1, 19}) {
                                Numbers numbers = new Numbers(number);
                                float[][] weights = extremes(numbers, new float[] {most, least, -0f, 1f}, 9, columns);
                                float[][] in = numbers.activations(Activations.NORMAL, tokens, columns);
                                for (float[] row : in) {
                                    for (int i = 0; i < columns; i++) {
                                        row[i] *= factor;
                                    }
                                }
                                FloatContract.checkLinear(
                                        benchFor(number), format, in, weights, number % 2 == 1, "factor " + factor);
                                number++;
                            }
                        }
                    }
                }));
    }

    /** Some of these of either sign; the first in every eighth row only. */
    private static float[][] extremes(Numbers numbers, float[] values, int rows, int columns) {
        float[][] weights = new float[rows][columns];
        for (int row = 0; row < rows; row++) {
            int first = row % 8 == 0 ? 0 : 1;
            for (int i = 0; i < columns; i++) {
                float value = values[first + numbers.below(values.length - first)];
                weights[row][i] = numbers.below(2) == 0 ? value : -value;
            }
        }
        return weights;
    }
}
