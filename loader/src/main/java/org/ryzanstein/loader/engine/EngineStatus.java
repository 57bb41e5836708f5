package org.ryzanstein.loader.engine;

/**
 * A moment in the life of an engine.
 *
 * @param running whether it accepts requests
 * @param activeSequences sequences in the step batch
 * @param queuedRequests requests that wait for a place
 * @param freeKvBlocks blocks of the KV cache that are free, of {@code totalKvBlocks}
 * @param steps steps run so far
 */
public record EngineStatus(
        boolean running, int activeSequences, int queuedRequests, int freeKvBlocks, int totalKvBlocks, long steps) {}
