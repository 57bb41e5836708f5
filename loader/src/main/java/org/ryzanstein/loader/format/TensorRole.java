package org.ryzanstein.loader.format;

/** What a tensor is for, with its name in GGUF and on the hub. */
public enum TensorRole {
    TOKEN_EMBEDDING(false, "token_embd", "model.embed_tokens"),
    OUTPUT_NORM(false, "output_norm", "model.norm"),
    OUTPUT(false, "output", "lm_head"),
    /** Divisors of the rotary frequencies; in GGUF only. */
    ROPE_FACTORS(false, "rope_freqs", "rope_freqs"),
    ATTENTION_NORM(true, "attn_norm", "input_layernorm"),
    ATTENTION_QUERY(true, "attn_q", "self_attn.q_proj"),
    ATTENTION_KEY(true, "attn_k", "self_attn.k_proj"),
    ATTENTION_VALUE(true, "attn_v", "self_attn.v_proj"),
    ATTENTION_QUERY_BIAS(true, "attn_q", "self_attn.q_proj", "bias"),
    ATTENTION_KEY_BIAS(true, "attn_k", "self_attn.k_proj", "bias"),
    ATTENTION_VALUE_BIAS(true, "attn_v", "self_attn.v_proj", "bias"),
    ATTENTION_QUERY_NORM(true, "attn_q_norm", "self_attn.q_norm"),
    ATTENTION_KEY_NORM(true, "attn_k_norm", "self_attn.k_norm"),
    ATTENTION_SUB_NORM(true, "attn_sub_norm", "self_attn.attn_sub_norm"),
    ATTENTION_OUTPUT(true, "attn_output", "self_attn.o_proj"),
    FEED_FORWARD_NORM(true, "ffn_norm", "post_attention_layernorm"),
    FEED_FORWARD_GATE(true, "ffn_gate", "mlp.gate_proj"),
    FEED_FORWARD_UP(true, "ffn_up", "mlp.up_proj"),
    FEED_FORWARD_SUB_NORM(true, "ffn_sub_norm", "mlp.ffn_sub_norm"),
    FEED_FORWARD_DOWN(true, "ffn_down", "mlp.down_proj");

    private final boolean perLayer;
    private final String gguf;
    private final String hub;

    TensorRole(boolean perLayer, String gguf, String hub) {
        this(perLayer, gguf, hub, "weight");
    }

    TensorRole(boolean perLayer, String gguf, String hub, String parameter) {
        this.perLayer = perLayer;
        this.gguf = gguf + "." + parameter;
        this.hub = hub + "." + parameter;
    }

    /** Whether every layer has one. */
    public boolean perLayer() {
        return perLayer;
    }

    String gguf() {
        return gguf;
    }

    String hub() {
        return hub;
    }
}
