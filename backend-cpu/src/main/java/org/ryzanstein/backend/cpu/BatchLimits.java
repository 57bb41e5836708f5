package org.ryzanstein.backend.cpu;

import org.ryzanstein.api.kernel.StepBatch;

/**
 * What the tables of a step can serve, the smallest of each kind.
 *
 * @param vocabulary rows of its embedding tables
 * @param positions positions of its rotation tables
 * @param candidates candidates that its heads have room for
 */
record BatchLimits(int vocabulary, int positions, int candidates) {
    static final BatchLimits NONE = new BatchLimits(Integer.MAX_VALUE, Integer.MAX_VALUE, Integer.MAX_VALUE);

    BatchLimits withVocabulary(int rows) {
        return new BatchLimits(Math.min(vocabulary, rows), positions, candidates);
    }

    BatchLimits withPositions(int rows) {
        return new BatchLimits(vocabulary, Math.min(positions, rows), candidates);
    }

    BatchLimits withCandidates(int room) {
        return new BatchLimits(vocabulary, positions, Math.min(candidates, room));
    }

    /**
     * Checks every token.
     *
     * @throws IllegalArgumentException if one exceeds a limit
     */
    void check(StepBatch batch) {
        for (int token = 0; token < batch.tokens(); token++) {
            if (batch.id(token) < 0 || batch.id(token) >= vocabulary) {
                throw refusal(token, "id " + batch.id(token), vocabulary + " rows of the embedding table");
            }
            if (batch.position(token) >= positions) {
                throw refusal(
                        token, "position " + batch.position(token), positions + " positions of the rotation table");
            }
            if (batch.wanted(token) > candidates) {
                throw refusal(
                        token, batch.wanted(token) + " candidates wanted", candidates + " that the head has room for");
            }
        }
    }

    private static IllegalArgumentException refusal(int token, String found, String limit) {
        return new IllegalArgumentException("token " + token + " of the batch: " + found + " exceeds the " + limit);
    }
}
