package org.ryzanstein.loader.model;

/**
 * Scaled rotary frequencies by the formulas of Transformers' modeling_rope_utils.py, in terms of wavelengths and positions as
 * there, in double.
 */
final class RopeFormulas {
    private RopeFormulas() {}

    /** Llama 3.1: by wavelength, short ones kept, long ones stretched, a linear mix of the two in between. */
    static double[] llama3(double[] plain, double factor, double low, double high, double original) {
        double[] scaled = new double[plain.length];
        for (int i = 0; i < plain.length; i++) {
            double wavelength = 2 * Math.PI / plain[i];
            if (wavelength < original / high) {
                scaled[i] = plain[i];
            } else if (wavelength > original / low) {
                scaled[i] = plain[i] / factor;
            } else {
                double smooth = (original / wavelength - low) / (high - low);
                scaled[i] = (1 - smooth) * plain[i] / factor + smooth * plain[i];
            }
        }
        return scaled;
    }

    /** YaRN: interpolated and extrapolated frequencies, mixed by a ramp over the dimensions. */
    static double[] yarn(double base, int dimension, double factor, double original, double fast, double slow) {
        double low = Math.max(Math.floor(correction(fast, dimension, base, original)), 0);
        double high = Math.min(Math.ceil(correction(slow, dimension, base, original)), dimension - 1);
        double[] scaled = new double[dimension / 2];
        for (int i = 0; i < scaled.length; i++) {
            double position = Math.pow(base, 2.0 * i / dimension);
            double ramp = Math.min(1, Math.max(0, (i - low) / (high == low ? 0.001 : high - low)));
            double extrapolated = 1 - ramp;
            scaled[i] = 1 / (factor * position) * (1 - extrapolated) + 1 / position * extrapolated;
        }
        return scaled;
    }

    private static double correction(double rotations, int dimension, double base, double original) {
        return dimension * Math.log(original / (rotations * 2 * Math.PI)) / (2 * Math.log(base));
    }
}
