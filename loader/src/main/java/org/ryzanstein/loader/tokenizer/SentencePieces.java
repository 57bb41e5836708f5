package org.ryzanstein.loader.tokenizer;

import java.util.Locale;
import java.util.OptionalInt;
import org.ryzanstein.loader.format.ModelFormatException;

/** What encoding needs of a SentencePiece vocabulary: symbols, merges, and the tokens for what has none of its own. */
final class SentencePieces {
    /** How text may be cut before merging. */
    enum Cutting {
        /** Not at all. */
        NONE,
        /** Before the first of several spaces. */
        BEFORE_SPACES,
        /** Before every space. */
        BEFORE_EACH_SPACE;

        /** The end of the part of {@code text[start, limit)} that begins at {@code start}. */
        int end(String text, int start, int limit) {
            if (this == NONE) {
                return limit;
            }
            int at = start + 1;
            while (at < limit && !(text.charAt(at) == SpaceRule.MARK && cutsBehind(text.charAt(at - 1)))) {
                at++;
            }
            return at;
        }

        private boolean cutsBehind(char before) {
            return this == BEFORE_EACH_SPACE || before != SpaceRule.MARK;
        }
    }

    private final Vocabulary vocabulary;
    private final SymbolTable symbols;
    private final MergeTable merges;
    private final Cutting cutting;
    private final boolean unused;
    private final int[] byteIds; // the token of each byte; empty if there are none
    private final int unknown; // or -1

    /**
     * @param cutBeforeEachSpace the file wants it, whatever the pieces are
     * @param byteFallback characters without a token become tokens of their bytes, all 256 of which must be there; else
     *     they become the unknown token, one for all neighbours
     */
    SentencePieces(
            String source,
            String field,
            Vocabulary vocabulary,
            SymbolTable symbols,
            MergeTable merges,
            boolean cutBeforeEachSpace,
            boolean byteFallback) {
        this.vocabulary = vocabulary;
        this.symbols = symbols;
        this.merges = merges;
        boolean anyUnused = false;
        boolean spaceInside = false;
        int unknownId = -1;
        for (int id = vocabulary.size() - 1; id >= 0; id--) {
            TokenKind kind = vocabulary.kind(id);
            anyUnused |= kind == TokenKind.UNUSED && !vocabulary.token(id).isEmpty();
            spaceInside |= kind.isPiece() && hasSpaceInside(vocabulary.token(id));
            unknownId = kind == TokenKind.UNKNOWN ? id : unknownId;
        }
        this.unused = anyUnused;
        this.unknown = unknownId;
        if (cutBeforeEachSpace) {
            this.cutting = Cutting.BEFORE_EACH_SPACE;
        } else {
            this.cutting = spaceInside || anyUnused ? Cutting.NONE : Cutting.BEFORE_SPACES;
        }
        this.byteIds = byteFallback ? byteIds(source, field, vocabulary) : new int[0];
        if (!byteFallback && unknownId < 0) {
            throw ModelFormatException.of(source, field, "neither byte tokens nor an unknown token", "one of them");
        }
    }

    private static boolean hasSpaceInside(String piece) {
        for (int at = piece.indexOf(SpaceRule.MARK, 1); at > 0; at = piece.indexOf(SpaceRule.MARK, at + 1)) {
            if (piece.charAt(at - 1) != SpaceRule.MARK) {
                return true;
            }
        }
        return false;
    }

    private static int[] byteIds(String source, String field, Vocabulary vocabulary) {
        int[] ids = new int[256];
        for (int value = 0; value < ids.length; value++) {
            String name = String.format(Locale.ROOT, "<0x%02X>", value);
            OptionalInt id = vocabulary.id(name);
            if (id.isEmpty() || vocabulary.kind(id.getAsInt()) != TokenKind.BYTE) {
                throw ModelFormatException.of(
                        source, field, "no byte token " + name, "all of <0x00> to <0xFF>, for byte fallback");
            }
            ids[value] = id.getAsInt();
        }
        return ids;
    }

    SymbolTable symbols() {
        return symbols;
    }

    MergeTable merges() {
        return merges;
    }

    Cutting cutting() {
        return cutting;
    }

    boolean hasUnused() {
        return unused;
    }

    boolean isUnused(int id) {
        return unused && vocabulary.kind(id) == TokenKind.UNUSED;
    }

    boolean hasBytes() {
        return byteIds.length > 0;
    }

    int byteId(int value) {
        return byteIds[value];
    }

    int unknown() {
        return unknown;
    }
}
