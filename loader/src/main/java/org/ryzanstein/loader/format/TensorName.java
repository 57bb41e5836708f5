package org.ryzanstein.loader.format;

/**
 * A tensor's canonical name, the same for every file format.
 *
 * @param layer layer from 0; 0 for a tensor of the whole model
 */
public record TensorName(TensorRole role, int layer) {
    public TensorName {
        if (layer < 0 || (layer > 0 && !role.perLayer())) {
            throw new IllegalArgumentException(role + " has no layer " + layer);
        }
    }

    /** A tensor of the whole model, or of layer 0. */
    public static TensorName of(TensorRole role) {
        return new TensorName(role, 0);
    }

    public static TensorName of(TensorRole role, int layer) {
        return new TensorName(role, layer);
    }

    /** The name in GGUF, such as {@code blk.0.attn_q.weight}. */
    public String gguf() {
        return role.perLayer() ? "blk." + layer + "." + role.gguf() : role.gguf();
    }

    /** The name on the hub, such as {@code model.layers.0.self_attn.q_proj.weight}. */
    public String hub() {
        return role.perLayer() ? "model.layers." + layer + "." + role.hub() : role.hub();
    }
}
