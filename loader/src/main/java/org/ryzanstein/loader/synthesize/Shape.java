package org.ryzanstein.loader.synthesize;

import java.util.Arrays;
import java.util.List;

/** Shapes of models that {@link Synthesizer} writes. */
public enum Shape {
    /** microsoft/bitnet-b1.58-2B-4T. */
    BITNET_2B_4T("bitnet-2b-4t", Family.BITNET, 30, 2560, 6912, 20, 5, 128, 4096, 500_000f, 128_000, 256),
    /** The same with 4 layers. */
    BITNET_2B_4T_SHORT("bitnet-2b-4t-short", Family.BITNET, 4, 2560, 6912, 20, 5, 128, 4096, 500_000f, 128_000, 256),
    /** The embedded model's shape with a longer context. */
    BITNET_TINY_LONG("bitnet-tiny-long", Family.BITNET, 4, 256, 768, 4, 2, 64, 4096, 10_000f, 2040, 8),
    /** A BitNet that is read and run in no time, and whose sizes no number of ranks from 2 to 4 divides evenly. */
    BITNET_ODD("bitnet-odd", Family.BITNET, 2, 640, 1664, 5, 1, 128, 4096, 10_000f, 2040, 8),
    /** Llama 3.2 1B. */
    LLAMA_1B("llama-1b", Family.LLAMA, 16, 2048, 8192, 32, 8, 64, 131_072, 500_000f, 128_000, 256),
    /** A Llama that is read and run in no time. */
    LLAMA_TINY("llama-tiny", Family.LLAMA, 4, 256, 768, 4, 2, 64, 4096, 10_000f, 2040, 8),
    /** Qwen3 0.6B. */
    QWEN3_06B("qwen3-0.6b", Family.QWEN3, 28, 1024, 3072, 16, 8, 128, 40_960, 1_000_000f, 151_643, 293),
    /** A Qwen 3 that is read and run in no time, with heads wider than its width would give. */
    QWEN3_TINY("qwen3-tiny", Family.QWEN3, 4, 256, 768, 4, 2, 128, 4096, 10_000f, 2040, 8);

    private final String text;
    private final Family family;
    private final int layers;
    private final int hiddenSize;
    private final int feedForwardSize;
    private final int heads;
    private final int kvHeads;
    private final int headDim;
    private final int contextLength;
    private final float ropeBase;
    private final int plainTokens;
    private final int specialTokens;

    Shape(
            String text,
            Family family,
            int layers,
            int hiddenSize,
            int feedForwardSize,
            int heads,
            int kvHeads,
            int headDim,
            int contextLength,
            float ropeBase,
            int plainTokens,
            int specialTokens) {
        this.text = text;
        this.family = family;
        this.layers = layers;
        this.hiddenSize = hiddenSize;
        this.feedForwardSize = feedForwardSize;
        this.heads = heads;
        this.kvHeads = kvHeads;
        this.headDim = headDim;
        this.contextLength = contextLength;
        this.ropeBase = ropeBase;
        this.plainTokens = plainTokens;
        this.specialTokens = specialTokens;
    }

    /**
     * The shape of this name.
     *
     * @throws IllegalArgumentException naming the shapes that there are
     */
    public static Shape of(String text) {
        return Arrays.stream(values())
                .filter(shape -> shape.text.equals(text))
                .findFirst()
                .orElseThrow(
                        () -> new IllegalArgumentException("no shape \"" + text + "\"; the shapes are " + names()));
    }

    /** The names of all shapes. */
    public static List<String> names() {
        return Arrays.stream(values()).map(Shape::text).toList();
    }

    /** The name at the command line. */
    public String text() {
        return text;
    }

    Family family() {
        return family;
    }

    int layers() {
        return layers;
    }

    int hiddenSize() {
        return hiddenSize;
    }

    int feedForwardSize() {
        return feedForwardSize;
    }

    int heads() {
        return heads;
    }

    int kvHeads() {
        return kvHeads;
    }

    int headDim() {
        return headDim;
    }

    int contextLength() {
        return contextLength;
    }

    float ropeBase() {
        return ropeBase;
    }

    /** Tokens of the byte-level vocabulary; the special ones follow them. */
    int plainTokens() {
        return plainTokens;
    }

    int specialTokens() {
        return specialTokens;
    }

    int vocabularySize() {
        return plainTokens + specialTokens;
    }
}
