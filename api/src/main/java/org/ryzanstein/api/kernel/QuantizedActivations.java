package org.ryzanstein.api.kernel;

/**
 * Activations quantised to int8 with one scale a row, in whatever form the backend's kernels like (bit planes, look-up
 * tables). Rows stand for the tokens of the step.
 */
public interface QuantizedActivations {
    int rows();

    int columns();

    /**
     * The digits as words for communicators, which move them between ranks: INT32, (rows, ceil(columns / 4)), four digits in a
     * word as they stand in memory. Digits that came so must be made known by {@link StepRecorder#takeDigits}.
     */
    Buffer digits();
}
