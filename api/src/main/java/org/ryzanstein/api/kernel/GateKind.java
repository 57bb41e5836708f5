package org.ryzanstein.api.kernel;

/** The function applied to the gate of a gated feed-forward layer. */
public enum GateKind {
    /** max(g, 0)^2 (So et al., Primer, 2021): {@code h = max(g, 0); (h * h) * up}. */
    SQUARED_RELU,
    /** g * sigmoid(g) (Shazeer, GLU variants, 2020): {@code (g / (1 + exp(-g))) * up}. */
    SILU
}
