package org.ryzanstein.api.kernel;

/**
 * Activations quantised to int8 with one scale a row, in whatever form the backend's kernels like (bit planes, look-up
 * tables). Rows stand for the tokens of the step.
 */
public interface QuantizedActivations {
    int rows();

    int columns();
}
