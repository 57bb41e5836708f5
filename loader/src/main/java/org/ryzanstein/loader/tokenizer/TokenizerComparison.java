package org.ryzanstein.loader.tokenizer;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.ryzanstein.loader.format.ModelFormatException;

/**
 * Whether a vocabulary of SentencePiece cuts text alike as the hub has it and as GGUF says it. GGUF has no keys for some of the
 * hub's rules about spaces; what they change is found by trying.
 */
final class TokenizerComparison {
    private static final List<String> TEXTS = List.of(
            "Once upon a time, there was a little girl named Lily.",
            "The 1234567890 numbers: 3.14159, -7 and 1e-5!",
            "don't, won't, I'll; (brackets) [and] {more} <of> \"them\"",
            "Grüße aus Москва, 東京, नमस्ते, 😀 und ein e\u0301",
            "lines\nand\ttabs\r\nand more\n",
            "public static void main(String[] arguments)",
            "aaaaaaaaaaaaaaa bbbbbbbb");
    private static final List<String> SPACES = List.of(
            " a space first",
            "two  and   three",
            "a space last ",
            "   ",
            "x" + " ".repeat(11) + "y" + " ".repeat(37) + "z",
            "indented:\n    by four\n        and eight");

    private static final EncodeOptions SPECIAL = new EncodeOptions(false, true);

    private final String file;
    private final Tokenizer hub;
    private final Tokenizer written;

    /** @param file what the hub's tokenizer is made of, for messages */
    TokenizerComparison(String file, Tokenizer hub, Tokenizer written) {
        this.file = file;
        this.hub = hub;
        this.written = written;
    }

    /**
     * What is cut otherwise, for people.
     *
     * @param added the tokens that are matched as wholes
     * @throws ModelFormatException if that is any ordinary text
     */
    List<String> differences(List<String> added) {
        for (String text : TEXTS) {
            int[] expected = hub.encode(text, SPECIAL);
            int[] found = written.encode(text, SPECIAL);
            if (!Arrays.equals(found, expected)) {
                throw refused(text, "the tokens " + Arrays.toString(expected), Arrays.toString(found));
            }
            String back = hub.decode(expected, false);
            if (!written.decode(expected, false).equals(back)) {
                throw refused(
                        text, "the text " + Messages.quote(back), Messages.quote(written.decode(expected, false)));
            }
        }
        List<String> notes = new ArrayList<>();
        SPACES.stream()
                .filter(text -> !same(text))
                .findFirst()
                .ifPresent(text -> notes.add("GGUF has no key for all of the hub's rules about spaces: "
                        + Messages.quote(text) + " and the like are cut into other tokens, as in llama.cpp"));
        List<String> tokens = added.stream()
                .filter(token -> !same("a" + token + "b " + token + " c"))
                .toList();
        if (!tokens.isEmpty()) {
            notes.add("GGUF has no key for how text goes on behind an added token: behind "
                    + Messages.quote(tokens.getFirst())
                    + (tokens.size() > 1 ? " and " + (tokens.size() - 1) + " more" : "")
                    + " it is cut into other tokens, as in llama.cpp");
        }
        return notes;
    }

    private boolean same(String text) {
        return Arrays.equals(written.encode(text, SPECIAL), hub.encode(text, SPECIAL));
    }

    private ModelFormatException refused(String text, String found, String expected) {
        return ModelFormatException.of(
                file,
                "vocabulary",
                found + " for " + Messages.quote(text),
                "those that a reader of GGUF gives, " + expected);
    }
}
