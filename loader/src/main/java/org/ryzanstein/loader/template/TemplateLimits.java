package org.ryzanstein.loader.template;

/**
 * What one template may cost. Steps, text, elements and output may grow with the conversation: a fixed part, and a
 * multiple of the characters and values of the input.
 *
 * @param sourceCharacters length of the template's source
 * @param nesting depth of nested tags and parentheses in the source
 * @param steps evaluated nodes, visited elements and blocks of 32 scanned characters, beside 16 times {@link #perInput} for
 *     each value of the input
 * @param iterations passes through loops, all loops together
 * @param depth depth of evaluation, through macros and recursive loops
 * @param textCharacters characters of all strings made on the way, beside {@link #perInput} for each of the input
 * @param elements list and dict elements made on the way, beside {@link #perInput} for each value of the input
 * @param outputCharacters length of the rendered text, beside {@link #perInput} for each character of the input
 * @param perInput the multiple
 */
public record TemplateLimits(
        int sourceCharacters,
        int nesting,
        long steps,
        long iterations,
        int depth,
        long textCharacters,
        long elements,
        long outputCharacters,
        int perInput) {

    /** Far beyond what real templates need; the worst template ends within seconds. */
    public static final TemplateLimits DEFAULT =
            new TemplateLimits(1 << 20, 64, 3_000_000, 1_000_000, 500, 16L << 20, 1L << 20, 4L << 20, 16);

    public TemplateLimits {
        if (sourceCharacters < 0
                || nesting < 1
                || steps < 0
                || iterations < 0
                || depth < 1
                || textCharacters < 0
                || elements < 0
                || outputCharacters < 0
                || perInput < 0) {
            throw new IllegalArgumentException(
                    "template limits: found a negative number or a depth of 0, expected none: nesting=" + nesting
                            + ", depth=" + depth);
        }
    }
}
