package org.ryzanstein.loader.format;

/** The fields of a model's shape with their names in GGUF (after the architecture's prefix) and in config.json. */
enum HyperparameterField {
    HIDDEN_SIZE("embedding_length", "hidden_size"),
    FEED_FORWARD_SIZE("feed_forward_length", "intermediate_size"),
    LAYERS("block_count", "num_hidden_layers"),
    HEADS("attention.head_count", "num_attention_heads"),
    KV_HEADS("attention.head_count_kv", "num_key_value_heads"),
    HEAD_DIM("attention.key_length", "head_dim"),
    CONTEXT_LENGTH("context_length", "max_position_embeddings"),
    VOCABULARY_SIZE("vocab_size", "vocab_size"),
    NORM_EPSILON("attention.layer_norm_rms_epsilon", "rms_norm_eps"),
    ROPE_BASE("rope.freq_base", "rope_theta"),
    ROPE_DIMENSION("rope.dimension_count", "rope_dimension");

    private final String gguf;
    private final String hub;

    HyperparameterField(String gguf, String hub) {
        this.gguf = gguf;
        this.hub = hub;
    }

    String gguf(String architecture) {
        return architecture + "." + gguf;
    }

    String hub() {
        return hub;
    }
}
