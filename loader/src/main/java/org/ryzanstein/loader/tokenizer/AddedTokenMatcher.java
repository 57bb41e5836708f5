package org.ryzanstein.loader.tokenizer;

import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Finds added tokens in a text, leftmost first and the longest of several that begin at one place, as the hub's
 * tokenizers do. (llama.cpp looks for the longest token of all first; the two differ only where tokens overlap.) Time is
 * bounded by the text's length times the longest token's.
 */
final class AddedTokenMatcher {
    private static final int ROOT = 0;

    private final Map<Long, Integer> edges = new HashMap<>(); // node << 16 | character, to node
    private final Map<Integer, AddedToken> ends = new HashMap<>(); // node to the token that ends there
    private final BitSet firsts = new BitSet(); // the characters that tokens begin with

    /** @param tokens with contents that are not empty */
    AddedTokenMatcher(List<AddedToken> tokens) {
        for (AddedToken token : tokens) {
            int node = ROOT;
            firsts.set(token.content().charAt(0));
            for (int i = 0; i < token.content().length(); i++) {
                int fresh = edges.size() + 1;
                node = edges.computeIfAbsent(edge(node, token.content().charAt(i)), key -> fresh);
            }
            ends.putIfAbsent(node, token);
        }
    }

    /** Walks over {@code text[start, limit)} and hands on, in order, the tokens and the text between them. */
    void scan(String text, int start, int limit, Segments segments) {
        int done = start; // everything before it has been handed on
        int at = start;
        while (at < limit) {
            at = firsts.isEmpty() ? limit : nextCandidate(text, at, limit);
            AddedToken token = at < limit ? longest(text, at, limit) : null;
            if (token == null) {
                at++;
                continue;
            }
            int end = at + token.content().length();
            if (token.singleWord() && !standsAlone(text, start, at, end, limit)) {
                at = end;
                continue;
            }
            int from = token.stripLeft() ? skipBack(text, done, at) : at;
            int to = token.stripRight() ? Runs.end(text, end, limit, CharacterClass::isSpace) : end;
            if (done < from) {
                segments.text(text, done, from);
            }
            segments.token(token.id());
            done = to;
            at = to;
        }
        if (done < limit) {
            segments.text(text, done, limit);
        }
    }

    private int nextCandidate(String text, int start, int limit) {
        int at = start;
        while (at < limit && !firsts.get(text.charAt(at))) {
            at++;
        }
        return at;
    }

    private @Nullable AddedToken longest(String text, int start, int limit) {
        AddedToken longest = null;
        Integer node = ROOT;
        for (int at = start; at < limit; at++) {
            node = edges.get(edge(node, text.charAt(at)));
            if (node == null) {
                break;
            }
            AddedToken ending = ends.get(node);
            longest = ending == null ? longest : ending;
        }
        return longest;
    }

    private static long edge(int node, char character) {
        return (long) node << 16 | character;
    }

    private static boolean standsAlone(String text, int first, int start, int end, int limit) {
        return (start == first || !CharacterClass.isWord(text.codePointBefore(start)))
                && (end == limit || !CharacterClass.isWord(text.codePointAt(end)));
    }

    private static int skipBack(String text, int first, int start) {
        int at = start;
        while (at > first && CharacterClass.isSpace(text.charAt(at - 1))) {
            at--;
        }
        return at;
    }

    /** Takes what a scan finds. */
    interface Segments {
        void text(String text, int start, int end);

        void token(int id);
    }
}
