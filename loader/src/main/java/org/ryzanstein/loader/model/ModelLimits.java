package org.ryzanstein.loader.model;

/**
 * What a model's buffers must have room for.
 *
 * @param maxTokens tokens of a step
 * @param maxOutputs tokens of a step whose output is wanted
 * @param maxCandidates candidates of one output
 * @param contextLength positions of a sequence
 * @param kvBlocks blocks of the KV cache
 */
public record ModelLimits(int maxTokens, int maxOutputs, int maxCandidates, int contextLength, int kvBlocks) {
    /** Positions of a KV block. */
    public static final int BLOCK_POSITIONS = 32;

    /** Blocks that so many positions take. */
    public static int blocksFor(int positions) {
        return Math.ceilDiv(positions, BLOCK_POSITIONS);
    }
}
