package org.ryzanstein.backend.avx2;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;

class AttentionKernelsTest {
    private static final float SCALE = 0.3f;

    private static float[] normals(int seed, int count) {
        Random random = new Random(seed);
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return values;
    }

    /** The contract's words: element d goes to accumulator d mod 4. */
    private static float score(float[] q, float[] keys, int page, int position) {
        float[] sums = new float[4];
        for (int d = 0; d < q.length; d++) {
            sums[d % 4] = Math.fma(q[d], keys[d * page + position], sums[d % 4]);
        }
        return ((sums[0] + sums[1]) + (sums[2] + sums[3])) * SCALE;
    }

    @Test
    void scoresPagesShorterThanAVectorAndAnyDimension() {
        for (int page : new int[] {1, 2, 8, 16}) {
            for (int dimension : new int[] {1, 2, 3, 6, 8, 79}) {
                float[] q = normals(dimension, dimension);
                float[] keys = normals(page, dimension * page);
                float[] scores = new float[page + 1];

                AttentionKernels.scoreOneByOne(keys, 0, page, q, 0, dimension, SCALE, scores, 1, page);

                for (int position = 0; position < page; position++) {
                    assertThat(scores[position + 1]).isEqualTo(score(q, keys, page, position));
                }
            }
        }
    }

    @Test
    void scoresVectorsOfPositionsAtOnceLikeEachByItself() {
        float[] q = normals(1, 80);
        float[] keys = normals(2, 80 * 32);
        float[] scores = new float[32];

        for (int position = 16; position < 32; position += Lanes.WORDS) {
            AttentionKernels.score(keys, position, 32, q, 0, 80, SCALE, scores, position);
        }

        for (int position = 16; position < 32; position++) {
            assertThat(scores[position]).isEqualTo(score(q, keys, 32, position));
        }
    }
}
