package org.ryzanstein.backend.cpu;

import org.ryzanstein.api.kernel.VectorWeights;

/** A vector of weights in a heap array. */
record HostVector(String name, float[] values) implements VectorWeights {
    @Override
    public int length() {
        return values.length;
    }

    static float[] valuesOf(VectorWeights vector) {
        if (vector instanceof HostVector own) {
            return own.values();
        }
        throw new IllegalArgumentException("weights of another backend: " + vector.name());
    }
}
