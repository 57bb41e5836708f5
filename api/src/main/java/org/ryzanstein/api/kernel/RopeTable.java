package org.ryzanstein.api.kernel;

/** Rotation angles of a rotary position embedding (Su et al., RoFormer, 2021), held by a backend. */
public interface RopeTable {
    RopeStyle style();

    /** Positions that it covers. */
    int positions();

    /** Elements of a head that are rotated: even, at most the head's size; the rest pass unchanged. */
    int dimension();
}
