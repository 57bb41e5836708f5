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
            float[] q = normals(positions, 2 * dimension + 3);
            float[] keys = normals(2, dimension * PAGE);
            float[] scores = new float[2 * STRIDE];

            loops.score(keys, 0, PAGE, positions, q, 1, dimension + 2, dimension, SCALE, scores, 0, STRIDE);

            for (int position = 0; position < positions; position++) {
                assertThat(scores[position]).isEqualTo(score(q, 1, dimension, keys, position));
                assertThat(scores[STRIDE + position]).isEqualTo(score(q, dimension + 2, dimension, keys, position));
            }
        }
    }

    @Test
    void sumsWeightedValuesInTheOrderOfPositions() {
        for (int dimension : new int[] {1, 7, 8, 16, 20, 32, 64, 79, 100, 128}) {
            int count = 5;
            float[] values = normals(dimension, count * dimension);
            float[] weights = normals(3, 20);
            float[] sums = normals(4, 2 * dimension);
            float[] expected = sums.clone();
            for (int query = 0; query < 2; query++) {
                for (int p = 0; p < count; p++) {
                    for (int d = 0; d < dimension; d++) {
                        int i = query * dimension + d;
                        expected[i] = Math.fma(weights[2 + query * 9 + p], values[p * dimension + d], expected[i]);
                    }
                }
            }
            float[] singly = sums.clone();

            loops.addTwo(values, 0, dimension, count, weights, 2, 9, sums, 0);
            loops.addOne(values, 0, dimension, count, weights, 2, singly, 0);
            loops.addOne(values, 0, dimension, count, weights, 11, singly, dimension);

            assertThat(sums).isEqualTo(expected);
            assertThat(singly).isEqualTo(expected);
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
