package org.ryzanstein.loader.synthesize;

import java.util.List;

/** An architecture with what its files say beside the shape, as llama.cpp's converter writes them. */
enum Family {
    BITNET("bitnet-b1.58", 1e-5f, "llama-bpe"),
    LLAMA("llama", 1e-5f, "llama-bpe"),
    QWEN3("qwen3", 1e-6f, "qwen2");

    private final String architecture;
    private final float normEpsilon;
    private final String preTokenizer;

    Family(String architecture, float normEpsilon, String preTokenizer) {
        this.architecture = architecture;
        this.normEpsilon = normEpsilon;
        this.preTokenizer = preTokenizer;
    }

    /** The name in GGUF. */
    String architecture() {
        return architecture;
    }

    float normEpsilon() {
        return normEpsilon;
    }

    /** The name in GGUF. */
    String preTokenizer() {
        return preTokenizer;
    }

    /** The first special tokens. */
    List<String> specialTokens() {
        return switch (this) {
            case BITNET, LLAMA ->
                List.of(
                        "<|begin_of_text|>",
                        "<|end_of_text|>",
                        "<|start_header_id|>",
                        "<|end_header_id|>",
                        "<|eot_id|>");
            case QWEN3 -> List.of("<|endoftext|>", "<|im_start|>", "<|im_end|>");
        };
    }

    /** Whether the linear layers are ternary whatever the type that stores them. */
    boolean alwaysTernary() {
        return this == BITNET;
    }
}
