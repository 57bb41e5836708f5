package org.ryzanstein.loader.engine;

/**
 * Bytes of memory that a step must read, by which its speed on a machine of known bandwidth is judged.
 *
 * @param layerBytes weights of the layers, once a step
 * @param headBytes weights of the output head, once a step of which all logits are wanted
 * @param candidateBytes weights of the output head, once a step of which only the best candidate is wanted
 * @param kvBytesPerPosition keys and values, for each token once for each position that it sees
 */
public record TokenTraffic(long layerBytes, long headBytes, long candidateBytes, long kvBytesPerPosition) {}
