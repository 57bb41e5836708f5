package org.ryzanstein.api.kernel;

import org.ryzanstein.api.numerics.ContractMath;

/**
 * Shape of a paged KV cache.
 *
 * @param blocks number of blocks in the pool; a block holds {@code blockPositions} positions of all layers of one sequence
 * @param blockPositions positions of a block: a power of two that divides {@value ContractMath#BLOCK}
 */
public record KvSpec(int layers, int kvHeads, int headDimension, int blocks, int blockPositions, KvType type) {
    public KvSpec {
        if (layers < 1 || kvHeads < 0 || headDimension < 1 || blocks < 1) {
            throw new IllegalArgumentException("KV cache of " + layers + " layers, " + kvHeads + " heads of "
                    + headDimension + ", " + blocks + " blocks: not a shape");
        }
        if (blockPositions < 1 || ContractMath.BLOCK % blockPositions != 0) {
            throw new IllegalArgumentException("KV block of " + blockPositions
                    + " positions: must be a power of two that divides " + ContractMath.BLOCK);
        }
    }

    /** Bytes of keys and values together. */
    public long bytes() {
        long perPosition = Math.multiplyExact(2L * layers, Math.multiplyExact((long) kvHeads, headDimension));
        return Math.multiplyExact(
                Math.multiplyExact(perPosition, ElementType.BYTES), Math.multiplyExact((long) blocks, blockPositions));
    }
}
