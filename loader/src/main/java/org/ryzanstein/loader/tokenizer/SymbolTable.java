package org.ryzanstein.loader.tokenizer;

import java.util.Arrays;

/**
 * The symbols that merging begins with: for each character the token that it is, or a number of its own above all tokens,
 * so that characters without a token can still be parts of a longer one, and can be told apart afterwards.
 */
final class SymbolTable {
    private static final int NONE = -1;

    private final int[] tokens; // by code point, as far as there are any
    private final int size;

    SymbolTable(Vocabulary vocabulary) {
        size = vocabulary.size();
        int highest = -1;
        for (int id = 0; id < size; id++) {
            highest = Math.max(highest, character(vocabulary, id));
        }
        tokens = new int[highest + 1];
        Arrays.fill(tokens, NONE);
        for (int id = 0; id < size; id++) {
            int character = character(vocabulary, id);
            if (character >= 0) {
                tokens[character] = id;
            }
        }
    }

    /** The one character of a token, or -1. */
    private static int character(Vocabulary vocabulary, int id) {
        String token = vocabulary.token(id);
        if (!vocabulary.kind(id).isPiece() || token.isEmpty()) {
            return -1;
        }
        int first = token.codePointAt(0);
        return token.length() == Character.charCount(first) ? first : -1;
    }

    int symbol(int codePoint) {
        int token = codePoint < tokens.length ? tokens[codePoint] : NONE;
        return token == NONE ? size + codePoint : token;
    }

    boolean isToken(int symbol) {
        return symbol < size;
    }

    /** The character of a symbol that is no token. */
    int codePoint(int symbol) {
        return symbol - size;
    }
}
