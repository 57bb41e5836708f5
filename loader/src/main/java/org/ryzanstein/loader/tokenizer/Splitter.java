package org.ryzanstein.loader.tokenizer;

/**
 * Cuts a text into pieces; merges never cross a cut. Written by hand instead of with {@link java.util.regex}: that one
 * backtracks on the call stack, reads {@code \s} differently, and is slower. Time is linear in the text.
 *
 * <p>Each splitter names the expression that it stands for; the tests compare the two on random text.
 */
@FunctionalInterface
interface Splitter {
    /**
     * The end of the piece that begins at {@code start}.
     *
     * @param text without unpaired surrogates
     * @param start less than {@code limit}
     * @param limit where the text ends, even if the string goes on
     * @return more than {@code start}, at most {@code limit}
     */
    int end(String text, int start, int limit);
}
