package org.ryzanstein.backend.scalar;

import org.jspecify.annotations.Nullable;
import org.ryzanstein.api.kernel.KvCache;
import org.ryzanstein.api.kernel.KvSpec;
import org.ryzanstein.api.kernel.StepBatch;

/**
 * KV blocks in heap arrays, each allocated when a step first uses it.
 *
 * <p>Layout of a block: (layer, key or value, KV head, position in block, head dimension).
 */
final class PagedKvCache implements KvCache {
    private final KvSpec spec;
    private final float[] @Nullable [] blocks;

    PagedKvCache(KvSpec spec) {
        this.spec = spec;
        this.blocks = new float[spec.blocks()][];
    }

    static PagedKvCache of(KvCache cache) {
        if (cache instanceof PagedKvCache own) {
            return own;
        }
        throw new IllegalArgumentException("KV cache of another backend");
    }

    @Override
    public KvSpec spec() {
        return spec;
    }

    /** Makes sure that the blocks of all tokens of a batch exist; called before the step runs, by one thread. */
    void materialize(StepBatch batch) {
        for (int token = 0; token < batch.tokens(); token++) {
            int block = batch.block(batch.slot(token), batch.position(token) / spec.blockPositions());
            if (block < 0 || block >= blocks.length) {
                throw new IllegalArgumentException("KV block " + block + " of a cache of " + blocks.length);
            }
            if (blocks[block] == null) {
                long length = 2L * spec.layers() * spec.kvHeads() * spec.blockPositions() * spec.headDimension();
                blocks[block] = new float[Math.toIntExact(length)];
            }
        }
    }

    /** The array of the block that holds a position of a slot. */
    float[] block(StepBatch batch, int slot, int position) {
        float[] block = blocks[batch.block(slot, position / spec.blockPositions())];
        if (block == null) {
            throw new IllegalStateException("slot " + slot + ", position " + position + ": nothing was stored there");
        }
        return block;
    }

    /** Index of the key of a layer's head at a position; the value is {@link #valueDistance()} further. */
    int keyIndex(int layer, int kvHead, int position) {
        int inBlock = position & (spec.blockPositions() - 1);
        return ((2 * layer * spec.kvHeads() + kvHead) * spec.blockPositions() + inBlock) * spec.headDimension();
    }

    int valueDistance() {
        return spec.kvHeads() * spec.blockPositions() * spec.headDimension();
    }

    @Override
    public void close() {
        java.util.Arrays.fill(blocks, null);
    }
}
