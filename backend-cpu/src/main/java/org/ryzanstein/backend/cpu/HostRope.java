package org.ryzanstein.backend.cpu;

import org.ryzanstein.api.kernel.RopeStyle;
import org.ryzanstein.api.kernel.RopeTable;

/** Rotation angles, shape (positions, dimension / 2) each. */
public record HostRope(RopeStyle style, int positions, int dimension, float[] cos, float[] sin) implements RopeTable {}
