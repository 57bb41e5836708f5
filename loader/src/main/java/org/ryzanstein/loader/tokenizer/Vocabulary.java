package org.ryzanstein.loader.tokenizer;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalInt;
import org.ryzanstein.loader.format.ModelFormatException;

/**
 * The tokens of a vocabulary: their spellings, kinds and bytes. All bytes lie in one array, and the whole-word
 * lookup hashes byte ranges, so that encoding and decoding make no objects per token.
 */
final class Vocabulary {
    /** More tokens than any published vocabulary has; a larger count is a damaged file. */
    static final int MAX_TOKENS = 1 << 22;

    /** Longest spelling of one token, in UTF-16 units. */
    static final int MAX_TOKEN_LENGTH = 1 << 16;

    private static final int MAX_UNNAMED = 1 << 12;
    private static final int ABSENT = -1;

    private final String[] tokens;
    private final TokenKind[] kinds;
    private final Spelling spelling;
    private final byte[] bytes;
    private final int[] offsets; // (tokens + 1): token i is bytes[offsets[i] .. offsets[i + 1])
    private final Map<String, Integer> ids;
    private final int[] words; // open addressing over the bytes of the normal tokens: an id, or ABSENT

    /**
     * Takes over both arrays. An empty spelling is an unused place, allowed any number of times.
     *
     * @param source the file, for messages
     * @param field the field of the spellings, for messages
     */
    Vocabulary(String source, String field, String[] tokens, TokenKind[] kinds, Spelling spelling) {
        if (tokens.length == 0 || tokens.length > MAX_TOKENS) {
            throw ModelFormatException.of(source, field, tokens.length + " tokens", "1 to " + MAX_TOKENS);
        }
        this.tokens = tokens;
        this.kinds = kinds;
        this.spelling = spelling;
        this.ids = HashMap.newHashMap(tokens.length);
        this.offsets = new int[tokens.length + 1];
        byte[][] parts = new byte[tokens.length][];
        long total = 0;
        for (int id = 0; id < tokens.length; id++) {
            register(source, field, id);
            parts[id] = spelledBytes(source, field, id);
            total += parts[id].length;
            if (total > Integer.MAX_VALUE - 8) {
                throw ModelFormatException.of(source, field, "more than 2 GiB of text", "less");
            }
            offsets[id + 1] = (int) total;
        }
        this.bytes = new byte[(int) total];
        this.words =
                new int[spelling == Spelling.BYTE_LEVEL ? Integer.highestOneBit(Math.max(8, tokens.length)) << 2 : 1];
        Arrays.fill(words, ABSENT);
        for (int id = 0; id < tokens.length; id++) {
            System.arraycopy(parts[id], 0, bytes, offsets[id], parts[id].length);
            boolean text = kinds[id] == TokenKind.NORMAL && !tokens[id].isEmpty();
            if (text && spelling == Spelling.BYTE_LEVEL && ByteAlphabet.spells(tokens[id])) {
                words[freeSlot(parts[id])] = id;
            }
        }
    }

    /**
     * Refuses ids that leave many places without a token, before room is made for them: a short file could ask for much
     * memory. Published vocabularies have a few hundred such places.
     *
     * @param places one more than the highest id
     * @param named tokens that the file spells
     */
    static void checkPlaces(String source, String field, int places, int named) {
        if (places > MAX_UNNAMED + 4L * named) {
            throw ModelFormatException.of(
                    source,
                    field,
                    "the id " + (places - 1) + " among " + named + " tokens",
                    "ids below " + (MAX_UNNAMED + 4L * named));
        }
    }

    private void register(String source, String field, int id) {
        String token = tokens[id];
        if (token.isEmpty()) {
            kinds[id] = TokenKind.UNUSED;
            return;
        }
        if (token.length() > MAX_TOKEN_LENGTH) {
            throw ModelFormatException.of(
                    source,
                    field,
                    "token " + id + " with " + token.length() + " characters",
                    "at most " + MAX_TOKEN_LENGTH);
        }
        if (!isWellFormed(token)) {
            throw ModelFormatException.of(source, field, "token " + id + " with half a surrogate pair", "Unicode text");
        }
        Integer before = ids.put(token, id);
        if (before != null) {
            throw ModelFormatException.of(
                    source,
                    field,
                    Messages.quote(token) + " as token " + before + " and as token " + id,
                    "each token once");
        }
    }

    private static boolean isWellFormed(String token) {
        return token.codePoints().noneMatch(c -> c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE);
    }

    private byte[] spelledBytes(String source, String field, int id) {
        String token = tokens[id];
        return switch (kinds[id]) {
            case NORMAL -> spelling == Spelling.BYTE_LEVEL ? byteLevel(token) : unmarked(token);
            case BYTE -> new byte[] {byteValue(source, field, id, token)};
            case USER_DEFINED, UNUSED ->
                spelling == Spelling.BYTE_LEVEL ? token.getBytes(StandardCharsets.UTF_8) : unmarked(token);
            case UNKNOWN, CONTROL -> token.getBytes(StandardCharsets.UTF_8);
        };
    }

    /** A normal token that is not spelled in the byte alphabet stands for its own characters, as on the hub. */
    private static byte[] byteLevel(String token) {
        return ByteAlphabet.spells(token) ? ByteAlphabet.decode(token) : token.getBytes(StandardCharsets.UTF_8);
    }

    private static byte[] unmarked(String token) {
        return token.replace(SpaceRule.MARK, ' ').getBytes(StandardCharsets.UTF_8);
    }

    private static byte byteValue(String source, String field, int id, String token) {
        if (token.length() == 6 && token.startsWith("<0x") && token.endsWith(">")) {
            int high = Character.digit(token.charAt(3), 16);
            int low = Character.digit(token.charAt(4), 16);
            if (high >= 0 && low >= 0) {
                return (byte) (high << 4 | low);
            }
        }
        throw ModelFormatException.of(
                source, field, "byte token " + id + " spelled " + Messages.quote(token), "a spelling such as <0x0A>");
    }

    int size() {
        return tokens.length;
    }

    String token(int id) {
        return tokens[check(id)];
    }

    TokenKind kind(int id) {
        return kinds[check(id)];
    }

    /** The id of a spelling. */
    OptionalInt id(String token) {
        Integer id = ids.get(token);
        return id == null ? OptionalInt.empty() : OptionalInt.of(id);
    }

    /**
     * Whether a token stands for text. An unused piece of SentencePiece does: a single character stays what it is, for
     * there is nothing to take it apart into.
     */
    boolean isText(int id) {
        return kind(id).isText() || (spelling == Spelling.SENTENCE_PIECE && kinds[id] == TokenKind.UNUSED);
    }

    /** A copy of a token's bytes, none where it stands for no text. */
    byte[] text(int id) {
        return isText(id) ? Arrays.copyOfRange(bytes, offsets[id], offsets[id + 1]) : new byte[0];
    }

    /**
     * Feeds a token's bytes to a decoder; tokens that stand for no text only if they are to be shown.
     *
     * @param dropped how many of the first bytes are left out
     */
    void decode(int id, boolean renderControl, int dropped, Utf8Decoder decoder) {
        if (renderControl || isText(id)) {
            check(id);
            decoder.append(bytes, offsets[id] + dropped, offsets[id + 1]);
        }
    }

    int byteCount(int id) {
        return offsets[check(id) + 1] - offsets[id];
    }

    /** Whether the text of a token begins with a space; a token for the byte alone does not count. */
    boolean startsWithSpace(int id) {
        return kind(id) != TokenKind.BYTE && byteCount(id) > 0 && bytes[offsets[id]] == ' ';
    }

    /** The normal token that stands for exactly these bytes, or -1. */
    int word(byte[] text, int length) {
        int mask = words.length - 1;
        for (int slot = SecretHash.of(text, length) & mask; ; slot = (slot + 1) & mask) {
            int id = words[slot];
            if (id == ABSENT || Arrays.equals(text, 0, length, bytes, offsets[id], offsets[id + 1])) {
                return id;
            }
        }
    }

    private int freeSlot(byte[] text) {
        int mask = words.length - 1;
        int slot = SecretHash.of(text, text.length) & mask;
        while (words[slot] != ABSENT) {
            slot = (slot + 1) & mask;
        }
        return slot;
    }

    private int check(int id) {
        if (id < 0 || id >= tokens.length) {
            throw new IllegalArgumentException("token id " + id + " is outside the vocabulary of " + tokens.length);
        }
        return id;
    }
}
