package org.ryzanstein.loader.quantize;

import java.util.Optional;
import org.ryzanstein.api.weight.WeightSource;
import org.ryzanstein.loader.format.ModelFormatException;

/** Float weights seen as ternary digits and one scale. */
final class MadeTernary {
    private static final float SMALLEST_SCALE = 1e-5f;

    private MadeTernary() {}

    /**
     * Rounds any weights to ternary ones by BitNet's rule for master weights: the scale is the mean magnitude of the tensor,
     * at least 1e-5; a digit is weight / scale rounded half to even and clamped to [-1, 1].
     *
     * @param file for messages
     */
    static WeightSource.Ternary byMeanMagnitude(String file, WeightSource source) {
        Rows.Reader reader = Rows.reader(source);
        double total = 0;
        for (int row = 0; row < source.rows(); row++) {
            double sum = 0;
            for (float value : reader.read(row)) {
                sum += Math.abs(value);
            }
            if (!(sum < Double.POSITIVE_INFINITY)) {
                throw ModelFormatException.of(
                        file, source.name() + " row " + row, "a weight that is not finite", "numbers");
            }
            total += sum;
        }
        float mean = (float) (total / ((double) source.rows() * source.columns()));
        return new Digits(source, reader, Math.max(mean, SMALLEST_SCALE));
    }

    /** The weights, if each is exactly -s, 0 or s for one s. */
    static Optional<WeightSource.Ternary> exactly(WeightSource.Floats source) {
        Rows.Reader reader = Rows.reader(source);
        float scale = 0;
        for (int row = 0; row < source.rows(); row++) {
            for (float value : reader.read(row)) {
                float magnitude = Math.abs(value);
                if (scale == 0 && magnitude > 0) {
                    scale = magnitude;
                }
                if (magnitude != 0 && magnitude != scale) {
                    return Optional.empty();
                }
            }
        }
        return Float.isFinite(scale) ? Optional.of(new Digits(source, reader, scale)) : Optional.empty();
    }

    private record Digits(WeightSource source, Rows.Reader reader, float scale) implements WeightSource.Ternary {
        @Override
        public String name() {
            return source.name();
        }

        @Override
        public int rows() {
            return source.rows();
        }

        @Override
        public int columns() {
            return source.columns();
        }

        @Override
        public void readDigits(int row, byte[] destination, int offset) {
            float[] values = reader.read(row);
            for (int i = 0; i < values.length; i++) {
                double digit = scale == 0 ? 0 : Math.rint(values[i] / scale);
                destination[offset + i] = (byte) Math.clamp(digit, -1.0, 1.0);
            }
        }

        @Override
        public float scale(int row) {
            return scale;
        }
    }
}
