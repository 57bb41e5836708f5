package org.ryzanstein.backend.__isa__;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

class AttentionVectorsTest {
    private static final float SCALE = 0.3f;
    private static final int PAGE = 64;
    private static final int STRIDE = 70;

    private final AttentionVectors loops = new AttentionVectors();

    private static float[] normals(int seed, int count) {
        Random random = new Random(seed);
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return values;
    }

    /** The contract's words: element d goes to accumulator d mod 4. */
    private static float score(float[] q, int from, int dimension, float[] keys, int position) {
        float[] sums = new float[4];
        for (int d = 0; d < dimension; d++) {
            sums[d % 4] = Math.fma(q[from + d], keys[d * PAGE + position], sums[d % 4]);
        }
        return ((sums[0] + sums[1]) + (sums[2] + sums[3])) * SCALE;
    }

    @Test
    void scoresSeveralPositionsAtOnceLikeEachByItself() {
        for (int positions = 1; positions <= PAGE; positions++) {
            int dimension = 4 + positions % 5 * 4;
            float[] q = normals(positions, 4 * dimension + 4);
            int[] first = {1, dimension + 2, 3 * dimension + 4, 2 * dimension + 3};
            float[] keys = normals(2, dimension * PAGE);
            float[] two = new float[2 * STRIDE];
            float[] four = new float[4 * STRIDE];

            loops.scoreTwo(keys, 0, PAGE, positions, q, first[0], first[1], dimension, SCALE, two, 0, STRIDE);
            loops.scoreFour(
                    keys, 0, PAGE, positions, q, first[0], first[1], first[2], first[3], dimension, SCALE, four, 0,
                    STRIDE);

            for (int position = 0; position < positions; position++) {
                for (int query = 0; query < 4; query++) {
                    float expected = score(q, first[query], dimension, keys, position);
                    assertThat(four[query * STRIDE + position]).isEqualTo(expected);
                    if (query < 2) {
                        assertThat(two[query * STRIDE + position]).isEqualTo(expected);
                    }
                }
            }
        }
    }

    @Test
    void sumsWeightedValuesInTheOrderOfPositions() {
        for (int dimension : new int[] {1, 7, 8, 16, 20, 32, 64, 79, 100, 128}) {
            int count = 5;
            float[] values = normals(dimension, count * dimension);
            float[] weights = normals(3, 40);
            float[] before = normals(4, 4 * dimension);
            float[] expected = before.clone();
            for (int query = 0; query < 4; query++) {
                for (int p = 0; p < count; p++) {
                    for (int d = 0; d < dimension; d++) {
                        int i = query * dimension + d;
                        expected[i] = Math.fma(weights[2 + query * 9 + p], values[p * dimension + d], expected[i]);
                    }
                }
            }
            float[] singly = before.clone();
            float[] inPairs = before.clone();
            float[] four = before.clone();

            for (int query = 0; query < 4; query++) {
                loops.addOne(values, 0, dimension, count, weights, 2 + 9 * query, singly, query * dimension);
            }
            loops.addTwo(values, 0, dimension, count, weights, 2, 9, inPairs, 0);
            loops.addTwo(values, 0, dimension, count, weights, 20, 9, inPairs, 2 * dimension);
            loops.addFour(values, 0, dimension, count, weights, 2, 9, four, 0);

            assertThat(singly).isEqualTo(expected);
            assertThat(inPairs).isEqualTo(expected);
            assertThat(four).isEqualTo(expected);
        }
    }

    @Test
    void findsTheLargestOfFiniteScoresOnly() {
        for (int count = 1; count <= 40; count++) {
            for (int place = 0; place < count; place++) {
                float[] scores = new float[64];
                Arrays.fill(scores, -2f);
                Arrays.fill(scores, 3 + count, scores.length, Float.NaN);
                scores[3 + place] = -1f;
                assertThat(loops.max(scores, 3, count)).isEqualTo(-1f);
                for (float wrong : new float[] {Float.NaN, Float.NEGATIVE_INFINITY, Float.POSITIVE_INFINITY}) {
                    scores[3 + place] = wrong;
                    assertThat(loops.max(scores, 3, count)).isNaN();
                }
            }
        }
    }
}
