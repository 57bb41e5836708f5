package org.ryzanstein.loader.engine;

/**
 * The model that an engine serves.
 *
 * @param name its own name, or the file's
 * @param source the file or directory, or {@code embedded}
 * @param architecture such as {@code bitnet-b1.58}
 * @param contextLength positions of a sequence
 * @param parameters number of weights
 * @param packedBytes bytes of the backend's packed weights
 * @param chatTemplate the model's Jinja source, or empty
 */
public record ModelDescription(
        String name,
        String source,
        String architecture,
        int contextLength,
        int vocabularySize,
        int layers,
        long parameters,
        long packedBytes,
        String chatTemplate) {}
