package org.ryzanstein.loader.model;

/**
 * Bytes of packed weights that a step reads, once for all of its tokens.
 *
 * @param layerBytes of the layers
 * @param headBytes of the output head, for a step of which all logits are wanted
 * @param candidateBytes of the output head, where only the best candidate is wanted
 */
public record WeightTraffic(long layerBytes, long headBytes, long candidateBytes) {}
