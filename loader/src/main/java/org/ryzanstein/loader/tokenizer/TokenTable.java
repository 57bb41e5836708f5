package org.ryzanstein.loader.tokenizer;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/** The tokens of a vocabulary that is to be written: spellings and kinds by id. Places without a token are unused. */
final class TokenTable {
    private final String[] tokens;
    private final TokenKind[] kinds;
    private final List<String> flagged = new ArrayList<>();

    /** A table of places that are spelled {@code [PAD7]}. */
    TokenTable(int size) {
        tokens = new String[size];
        kinds = new TokenKind[size];
        Arrays.setAll(tokens, id -> "[PAD" + id + "]");
        Arrays.fill(kinds, TokenKind.UNUSED);
    }

    void put(int id, String token, TokenKind kind) {
        tokens[id] = token;
        kinds[id] = kind;
    }

    /** Adds the {@code added_tokens} of a {@code tokenizer.json}. */
    void addAll(JsonField addedTokens) {
        for (JsonField token : addedTokens.elements()) {
            boolean special = token.get("special").bool(false);
            put(
                    token.get("id").id(tokens.length),
                    token.get("content").text(),
                    special ? TokenKind.CONTROL : TokenKind.USER_DEFINED);
            if (token.get("lstrip").bool(false)
                    || token.get("rstrip").bool(false)
                    || token.get("single_word").bool(false)) {
                flag(token.get("content").text());
            }
        }
    }

    /** Remembers an added token that is matched by rules which GGUF has no keys for. */
    void flag(String token) {
        flagged.add(token);
    }

    int size() {
        return tokens.length;
    }

    TokenKind kind(int id) {
        return kinds[id];
    }

    List<String> tokens() {
        return List.of(tokens);
    }

    /** Kinds as GGUF numbers them. */
    int[] types() {
        List<TokenKind> numbered = List.of(TokenKind.values());
        return Arrays.stream(kinds).mapToInt(kind -> numbered.indexOf(kind) + 1).toArray();
    }

    List<String> flagged() {
        return flagged;
    }

    /** The tokens that are matched as wholes. */
    List<String> added() {
        return IntStream.range(0, tokens.length)
                .filter(id -> kinds[id] == TokenKind.CONTROL
                        || kinds[id] == TokenKind.UNKNOWN
                        || kinds[id] == TokenKind.USER_DEFINED)
                .mapToObj(id -> tokens[id])
                .toList();
    }
}
