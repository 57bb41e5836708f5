package org.ryzanstein.loader.format;

/** What a tensor is for, with its name in GGUF and on the hub. */
public enum TensorRole {
    TOKEN_EMBEDDING(false, "token_embd", "model.embed_tokens"),
    OUTPUT_NORM(false, "output_norm", "model.norm"),
    OUTPUT(false, "output", "lm_head"),
    ATTENTION_NORM(true, "attn_norm", "input_layernorm"),
    ATTENTION_QUERY(true, "attn_q", "self_attn.q_proj"),
    ATTENTION_KEY(true, "attn_k", "self_attn.k_proj"),
    ATTENTION_VALUE(true, "attn_v", "self_attn.v_proj"),
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
        this.perLayer = perLayer;
        this.gguf = gguf;
        this.hub = hub;
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
