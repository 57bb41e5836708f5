package org.ryzanstein.loader.template;

import java.util.List;

/** The tokens of a template, read one after the other, and the depth of nesting reached. */
final class TokenStream {
    private final List<Token> tokens;
    private final int maxNesting;
    private int at;
    private int nesting;

    TokenStream(List<Token> tokens, int maxNesting) {
        this.tokens = tokens;
        this.maxNesting = maxNesting;
    }

    Token peek() {
        return tokens.get(at);
    }

    Token peekNext() {
        return tokens.get(Math.min(at + 1, tokens.size() - 1));
    }

    Token next() {
        Token token = tokens.get(at);
        if (!token.is(Token.Type.END)) {
            at++;
        }
        return token;
    }

    int line() {
        return peek().line();
    }

    boolean skipOperator(String operator) {
        boolean found = peek().isOperator(operator);
        if (found) {
            next();
        }
        return found;
    }

    boolean skipName(String name) {
        boolean found = peek().isName(name);
        if (found) {
            next();
        }
        return found;
    }

    Token expect(Token.Type type, String expected) {
        Token token = next();
        if (!token.is(type)) {
            throw unexpected(token, expected);
        }
        return token;
    }

    void expectOperator(String operator) {
        Token token = next();
        if (!token.isOperator(operator)) {
            throw unexpected(token, "'" + operator + "'");
        }
    }

    static Failure unexpected(Token found, String expected) {
        return Failure.refused(found.line(), "found " + found.describe() + ", expected " + expected);
    }

    /** One level deeper; each call needs a {@link #leave}. */
    void enter() {
        nesting++;
        if (nesting > maxNesting) {
            throw Failure.refused(line(), "nested deeper than " + maxNesting);
        }
    }

    void leave() {
        nesting--;
    }
}
