package org.ryzanstein.loader.tokenizer;

import java.util.function.IntPredicate;

/**
 * Isolates the matches of {@code [class]{1,longest}}, or of {@code [class]{longest}} if they must be full; what stands
 * between two matches is a piece of its own.
 */
final class RunSplitter implements Splitter {
    private final IntPredicate matches;
    private final int shortest;
    private final int longest;

    private RunSplitter(IntPredicate matches, int shortest, int longest) {
        this.matches = matches;
        this.shortest = shortest;
        this.longest = longest;
    }

    /** {@code [class]+}. */
    static RunSplitter runs(IntPredicate matches) {
        return new RunSplitter(matches, 1, Integer.MAX_VALUE);
    }

    /** {@code [class]{length}}. */
    static RunSplitter groups(IntPredicate matches, int length) {
        return new RunSplitter(matches, length, length);
    }

    @Override
    public int end(String text, int start, int limit) {
        int run = 0; // length in characters of the run that ends at `at`
        int runStart = start;
        int at = start;
        while (at < limit) {
            int codePoint = text.codePointAt(at);
            if (!matches.test(codePoint)) {
                if (run >= shortest) {
                    break;
                }
                run = 0;
                at += Character.charCount(codePoint);
                runStart = at;
            } else if (run == longest) {
                break;
            } else {
                run++;
                at += Character.charCount(codePoint);
                if (run == shortest && runStart > start) {
                    return runStart;
                }
            }
        }
        return at;
    }
}
