package org.ryzanstein.loader.synthesize;

import java.util.ArrayList;
import java.util.List;

/**
 * A byte-level BPE vocabulary of dummy words: the 256 byte tokens in the order of GPT-2, then words of two, three and four
 * letters, each made of two earlier tokens by the merge of its rank, then special tokens.
 */
final class DummyVocabulary {
    private static final int NORMAL = 1;
    private static final int CONTROL = 3;
    private static final String LETTERS = "abcdefghijklmnopqrstuvwxyz";

    private final List<String> tokens = new ArrayList<>();
    private final List<String> merges = new ArrayList<>();
    private final int plain;

    /**
     * Makes the tokens.
     *
     * @param plain byte tokens and words
     * @param special tokens after them
     * @param specialNames names of the first of these; the others are reserved ones
     */
    DummyVocabulary(int plain, int special, List<String> specialNames) {
        this.plain = plain;
        byteTokens();
        List<String> letters = LETTERS.chars().mapToObj(Character::toString).toList();
        List<String> pairs = join(letters, letters);
        join(pairs, letters);
        join(pairs, pairs);
        if (tokens.size() < plain) {
            throw new IllegalArgumentException(plain + " tokens, at most " + tokens.size() + " can be made");
        }
        for (int i = 0; i < special; i++) {
            tokens.add(
                    i < specialNames.size()
                            ? specialNames.get(i)
                            : "<|reserved_special_token_" + (i - specialNames.size()) + "|>");
        }
    }

    /** Printable bytes stand for themselves, the others for the characters from U+0100 on. */
    private void byteTokens() {
        List<Integer> printable = new ArrayList<>();
        addRange(printable, '!', '~');
        addRange(printable, 0xA1, 0xAC);
        addRange(printable, 0xAE, 0xFF);
        printable.forEach(code -> tokens.add(Character.toString(code)));
        for (int i = 0; i < 256 - printable.size(); i++) {
            tokens.add(Character.toString(0x100 + i));
        }
    }

    private static void addRange(List<Integer> codes, int first, int last) {
        for (int code = first; code <= last; code++) {
            codes.add(code);
        }
    }

    /** Adds a token and a merge for every left and right part, until the vocabulary is full. */
    private List<String> join(List<String> left, List<String> right) {
        List<String> joined = new ArrayList<>();
        for (String first : left) {
            for (String second : right) {
                if (tokens.size() == plain) {
                    return joined;
                }
                tokens.add(first + second);
                merges.add(first + " " + second);
                joined.add(first + second);
            }
        }
        return joined;
    }

    List<String> tokens() {
        return tokens;
    }

    List<String> merges() {
        return merges;
    }

    /** The type of each token, as GGUF numbers them. */
    int[] types() {
        int[] types = new int[tokens.size()];
        for (int i = 0; i < types.length; i++) {
            types[i] = i < plain ? NORMAL : CONTROL;
        }
        return types;
    }

    /** The id of a special token. */
    int special(String name) {
        int id = tokens.lastIndexOf(name);
        if (id < plain) {
            throw new IllegalArgumentException("no special token " + name);
        }
        return id;
    }
}
