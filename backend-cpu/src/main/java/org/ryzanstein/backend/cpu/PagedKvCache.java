package org.ryzanstein.backend.cpu;

import org.jspecify.annotations.Nullable;
import org.ryzanstein.api.kernel.KvCache;
import org.ryzanstein.api.kernel.KvSpec;
import org.ryzanstein.api.kernel.StepBatch;

/**
 * KV blocks in heap arrays, each allocated when a step first uses it.
 *
 * <p>Layout of a block: (layer, key or value, KV head, position in block, head dimension); the last two are swapped for keys in
 * {@link KeyLayout#DIMENSION_MAJOR}.
 */
public final class PagedKvCache implements KvCache {
    private final KvSpec spec;
    private final KeyLayout keyLayout;
    private final float[] @Nullable [] blocks;

    PagedKvCache(KvSpec spec, KeyLayout keyLayout) {
        this.spec = spec;
        this.keyLayout = keyLayout;
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
    public float[] block(StepBatch batch, int slot, int position) {
        float[] block = blocks[batch.block(slot, position / spec.blockPositions())];
        if (block == null) {
            throw new IllegalStateException("slot " + slot + ", position " + position + ": nothing was stored there");
        }
        return block;
    }

    /** Stores the key and the value of a head, {@code headDimension} floats each, at a position. */
    void store(float[] block, int layer, int kvHead, int position, float[] k, int kOffset, float[] v, int vOffset) {
        int size = spec.headDimension();
        System.arraycopy(v, vOffset, block, valueIndex(layer, kvHead, position), size);
        if (keyLayout == KeyLayout.POSITION_MAJOR) {
            System.arraycopy(k, kOffset, block, keyIndex(layer, kvHead, position), size);
        } else {
            int step = spec.blockPositions();
            int first = headIndex(layer, kvHead) + (position & (step - 1));
            for (int d = 0; d < size; d++) {
                block[first + d * step] = k[kOffset + d];
            }
        }
    }

    /** Index of the first key element of a layer's head in a block. */
    public int headIndex(int layer, int kvHead) {
        return (2 * layer * spec.kvHeads() + kvHead) * spec.blockPositions() * spec.headDimension();
    }

    /** Index of the key of a layer's head at a position, in {@link KeyLayout#POSITION_MAJOR}. */
    public int keyIndex(int layer, int kvHead, int position) {
        return headIndex(layer, kvHead) + (position & (spec.blockPositions() - 1)) * spec.headDimension();
    }

    /** Index of the value of a layer's head at a position; values are in (position, dimension) order. */
    public int valueIndex(int layer, int kvHead, int position) {
        return keyIndex(layer, kvHead, position) + spec.kvHeads() * spec.blockPositions() * spec.headDimension();
    }

    @Override
    public void close() {
        java.util.Arrays.fill(blocks, null);
    }
}
