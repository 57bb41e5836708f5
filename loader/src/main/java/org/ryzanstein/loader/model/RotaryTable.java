package org.ryzanstein.loader.model;

import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.ryzanstein.api.kernel.KernelBackend;
import org.ryzanstein.api.kernel.RopeStyle;
import org.ryzanstein.api.kernel.RopeTable;
import org.ryzanstein.loader.format.Hyperparameters;

/**
 * Rotation angles position * frequency(i), frequency(i) = base^(-2i / dimension) as {@link RopeScaling} changes it, in double
 * precision by StrictMath; cosine and sine are rounded once.
 */
final class RotaryTable {
    private RotaryTable() {}

    /** The frequencies of a shape without any scaling: dimension / 2 values. */
    static double[] frequencies(Hyperparameters shape) {
        double[] frequencies = new double[shape.ropeDimension() / 2];
        for (int i = 0; i < frequencies.length; i++) {
            frequencies[i] = StrictMath.pow(shape.ropeBase(), -2.0 * i / shape.ropeDimension());
        }
        return frequencies;
    }

    /**
     * Computes the table.
     *
     * @param scaling what the file asks for, if anything
     * @param factors divisors of the frequencies that the file stores, if any
     */
    static RopeTable pack(
            KernelBackend backend,
            RopeStyle style,
            int positions,
            Hyperparameters shape,
            Optional<RopeScaling> scaling,
            float @Nullable [] factors) {
        double[] frequencies = frequencies(shape);
        scaling.ifPresent(s -> s.apply(frequencies));
        double magnitude = scaling.map(RopeScaling::magnitude).orElse(1.0);
        int half = frequencies.length;
        float[] cos = new float[Math.multiplyExact(positions, half)];
        float[] sin = new float[cos.length];
        for (int i = 0; i < half; i++) {
            double frequency = factors == null ? frequencies[i] : frequencies[i] / factors[i];
            for (int position = 0; position < positions; position++) {
                double angle = position * frequency;
                cos[position * half + i] = (float) (StrictMath.cos(angle) * magnitude);
                sin[position * half + i] = (float) (StrictMath.sin(angle) * magnitude);
            }
        }
        return backend.packRope(style, positions, shape.ropeDimension(), cos, sin);
    }
}
