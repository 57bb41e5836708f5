package org.ryzanstein.api.kernel;

/** Which two elements of a head a rotary embedding rotates together. */
public enum RopeStyle {
    /** Elements i and i + dimension/2 (GPT-NeoX, Hugging Face). */
    HALF_SPLIT,
    /** Elements 2i and 2i + 1 (the original paper, llama.cpp's "norm"). */
    INTERLEAVED
}
