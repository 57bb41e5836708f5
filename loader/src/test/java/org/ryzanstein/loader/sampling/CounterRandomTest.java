package org.ryzanstein.loader.sampling;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CounterRandomTest {
    /** The lines for philox4x32, 10 rounds, of kat_vectors in the Random123 distribution: counter, key, output. */
    @ParameterizedTest
    @CsvSource({
        "00000000 00000000 00000000 00000000, 00000000 00000000, 6627e8d5 e169c58d bc57ac4c 9b00dbd8",
        "ffffffff ffffffff ffffffff ffffffff, ffffffff ffffffff, 408f276d 41c83b0e a20bc7c6 6d5451fd",
        "243f6a88 85a308d3 13198a2e 03707344, a4093822 299f31d0, d16cfe09 94fdcceb 5001e420 24126ea1"
    })
    void givesThePublishedAnswers(String counter, String key, String output) {
        int[] c = words(counter);
        int[] k = words(key);
        int[] expected = words(output);

        long low = CounterRandom.philox(c[0], c[1], c[2], c[3], k[0], k[1], 0);
        long high = CounterRandom.philox(c[0], c[1], c[2], c[3], k[0], k[1], 1);

        assertThat(new int[] {(int) low, (int) (low >>> 32), (int) high, (int) (high >>> 32)})
                .isEqualTo(expected);
    }

    @Test
    void placesSeedPositionAndDrawInKeyAndCounter() {
        long seed = 0x299f31d0_a4093822L;
        long position = 0x85a308d3_243f6a88L;

        assertThat(CounterRandom.bits(seed, position, 0x13198a2e))
                .isEqualTo(CounterRandom.philox(0x243f6a88, 0x85a308d3, 0x13198a2e, 0, 0xa4093822, 0x299f31d0, 0));
        assertThat(CounterRandom.bits(0, 0, 0)).isEqualTo(0xe169c58d_6627e8d5L);
        assertThat(CounterRandom.uniform(0, 0, 0)).isEqualTo((0xe169c58d_6627e8d5L >>> 11) * 0x1p-53);
    }

    @Test
    void drawsDifferentNumbersForEachSeedPositionAndDraw() {
        Set<Long> seen = new HashSet<>();
        for (int seed = -5; seed < 5; seed++) {
            for (int position = 0; position < 100; position++) {
                for (int draw = 0; draw < 10; draw++) {
                    seen.add(CounterRandom.bits(seed, position, draw));
                }
            }
        }
        assertThat(seen).hasSize(10_000);
    }

    @Test
    void isUniformFromZeroToOneExcluded() {
        double sum = 0;
        int[] tenths = new int[10];
        for (int position = 0; position < 100_000; position++) {
            double u = CounterRandom.uniform(42, position, 0);
            assertThat(u).isGreaterThanOrEqualTo(0).isLessThan(1);
            sum += u;
            tenths[(int) (u * 10)]++;
        }
        assertThat(sum / 100_000).isBetween(0.497, 0.503);
        assertThat(Arrays.stream(tenths).boxed())
                .allSatisfy(count -> assertThat(count).isBetween(9_600, 10_400));
    }

    private static int[] words(String hex) {
        String[] parts = hex.trim().split(" ");
        int[] words = new int[parts.length];
        for (int i = 0; i < parts.length; i++) {
            words[i] = Integer.parseUnsignedInt(parts[i], 16);
        }
        return words;
    }
}
