package org.ryzanstein.api.kernel;

/** Element type of a KV cache; part of the model's configuration, because it is part of the result. */
public enum KvType {
    FLOAT32
}
