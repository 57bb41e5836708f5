package org.ryzanstein.loader.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.ryzanstein.api.kernel.RopeStyle;

/** The rotation table that a model hands to its backend, against decimal arithmetic of 60 digits. */
class RotationTest {
    private static final MathContext DIGITS = new MathContext(60);
    private static final int DIMENSION = 64;

    /** Beyond half a unit in the last place: what double precision may be off before it is rounded. */
    private static final double DOUBLE_ERROR = 1e-12;

    private static WrappedBackend.Rotation rotation() {
        try (SmallEngine small = SmallEngine.open(1, 8, 8)) {
            return Objects.requireNonNull(small.backend().rotation());
        }
    }

    @Test
    void hasARowForEachPositionAndAColumnForEachPair() {
        WrappedBackend.Rotation rotation = rotation();
        assertThat(rotation.style()).isEqualTo(RopeStyle.HALF_SPLIT);
        assertThat(rotation.positions()).isEqualTo(256);
        assertThat(rotation.dimension()).isEqualTo(DIMENSION);
        assertThat(rotation.cos()).hasSize(256 * DIMENSION / 2);
        assertThat(rotation.sin()).hasSize(256 * DIMENSION / 2);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 17, 100, 255})
    void holdsTheNearestFloats(int position) {
        WrappedBackend.Rotation rotation = rotation();
        // The base is 10,000, so that the frequency 10000^(-2i / 64) is 10^(-1/8) to the power of i.
        BigDecimal ratio = new BigDecimal("0.1").sqrt(DIGITS).sqrt(DIGITS).sqrt(DIGITS);
        for (int i = 0; i < DIMENSION / 2; i++) {
            BigDecimal angle = ratio.pow(i, DIGITS).multiply(BigDecimal.valueOf(position));
            double cos = series(angle, true).doubleValue();
            double sin = series(angle, false).doubleValue();
            int index = position * DIMENSION / 2 + i;
            assertThat((double) rotation.cos()[index])
                    .as("cosine, position %d, pair %d", position, i)
                    .isEqualTo(cos, within(Math.ulp((float) cos) / 2.0 + DOUBLE_ERROR));
            assertThat((double) rotation.sin()[index])
                    .as("sine, position %d, pair %d", position, i)
                    .isEqualTo(sin, within(Math.ulp((float) sin) / 2.0 + DOUBLE_ERROR));
        }
    }

    /** Taylor's series of cosine or sine; with 500 digits in between, no angle of 255 needs a reduction. */
    private static BigDecimal series(BigDecimal angle, boolean cosine) {
        MathContext wide = new MathContext(500);
        BigDecimal square = angle.multiply(angle, wide).negate();
        BigDecimal term = cosine ? BigDecimal.ONE : angle;
        BigDecimal sum = term;
        for (int n = cosine ? 1 : 2; term.abs().compareTo(new BigDecimal("1e-40")) > 0 || n < 300; n += 2) {
            term = term.multiply(square, wide).divide(BigDecimal.valueOf((long) n * (n + 1)), wide);
            sum = sum.add(term, wide);
        }
        return sum;
    }
}
