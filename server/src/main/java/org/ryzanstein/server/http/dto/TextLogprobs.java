package org.ryzanstein.server.http.dto;

import java.util.List;
import java.util.Map;

/**
 * Log-probabilities of plain completion tokens.
 *
 * @param textOffset where each token's text begins in the choice's text, in characters
 */
public record TextLogprobs(
        List<String> tokens,
        List<Double> tokenLogprobs,
        List<Map<String, Double>> topLogprobs,
        List<Integer> textOffset) {}
