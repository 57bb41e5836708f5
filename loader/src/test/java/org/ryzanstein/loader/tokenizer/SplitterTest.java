package org.ryzanstein.loader.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The splitters written by hand against the expressions they stand for, read with Unicode semantics. */
class SplitterTest {
    private static final String LLAMA3 =
            "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*"
                    + "|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
    private static final String GPT2 =
            "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";
    private static final Map<String, List<String>> EXPRESSIONS = Map.of(
            "llama-bpe",
            List.of(LLAMA3),
            "qwen2",
            List.of(LLAMA3.replace("{1,3}", "")),
            "gpt-2",
            List.of(GPT2),
            "starcoder",
            List.of("\\p{N}", GPT2),
            "default",
            List.of("[\\p{P}$+<=>^~|]+", GPT2, "\\p{N}+", "[0-9][0-9][0-9]"));

    private static final String[] SNIPPETS = {
        " ",
        "  ",
        "\n",
        "\r\n",
        "\t",
        "\u00A0",
        "\u0085",
        "\u180E",
        "\u001C",
        "\u200B",
        "\u2028",
        "\u3000",
        "\uFEFF",
        "'",
        "'s",
        "'S",
        "'ſ",
        "'ll",
        "'Ll",
        "'rE",
        "'ve",
        "'D",
        "'m",
        "'tx",
        "a",
        "Z",
        "é",
        "ſ",
        "ß",
        "K",
        "中",
        "文",
        "\uD83D\uDE00",
        "\uD801\uDC00",
        "\uD835\uDFCE",
        "ǅ",
        "ʰ",
        "\u0301",
        "\u0903",
        "0",
        "12",
        "345",
        "6789",
        "٣",
        "Ⅷ",
        "½",
        "²",
        "!",
        "?!",
        "--",
        "$",
        "`",
        "~",
        "^",
        "|",
        "_",
        "«",
        "€",
        "\u0000",
        "\uE000",
        "\uFFFD",
        "\u0378"
    };

    @ParameterizedTest
    @ValueSource(strings = {"llama-bpe", "qwen2", "gpt-2", "starcoder", "default"})
    void cutsRandomTextAsTheExpressionDoes(String name) {
        Random random = new Random(name.hashCode());
        for (int i = 0; i < 6000; i++) {
            StringBuilder text = new StringBuilder();
            for (int length = random.nextInt(14); length >= 0; length--) {
                text.append(SNIPPETS[random.nextInt(SNIPPETS.length)]);
            }
            checkAgainstExpression(name, text.toString());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"llama-bpe", "qwen2", "gpt-2", "starcoder", "default"})
    void classifiesEveryCharacterAsTheExpressionDoes(String name) {
        for (int codePoint = 0; codePoint <= Character.MAX_CODE_POINT; codePoint += codePoint < 0x3100 ? 1 : 11) {
            if (codePoint < Character.MIN_SURROGATE || codePoint > Character.MAX_SURROGATE) {
                String character = Character.toString(codePoint);
                checkAgainstExpression(name, "a" + character + "a " + character + character + " 1" + character + "'");
            }
        }
    }

    @Test
    void looksOnlyAtTheGivenRange() {
        PreTokenizer preTokenizer = PreTokenizer.ofGguf("llama-bpe").orElseThrow();
        List<String> pieces = new ArrayList<>();
        preTokenizer.split("xab  cdx", 1, 5, (text, start, end) -> pieces.add(text.substring(start, end)));
        assertThat(pieces).containsExactly("ab", "  ");
    }

    @ParameterizedTest
    @ValueSource(strings = {"llama-bpe", "qwen2", "gpt-2", "starcoder", "default"})
    void takesLongRunsWithoutDeepRecursion(String name) {
        for (String unit : List.of("a", " ", "\n", "1", "!", "'", " \n", "é", "\uD83D\uDE00", "1a", "!\n")) {
            String text = unit.repeat(1_000_000 / unit.length());
            int[] total = new int[1];
            PreTokenizer.ofGguf(name).orElseThrow().split(text, 0, text.length(), (t, start, end) -> {
                assertThat(start).isEqualTo(total[0]);
                total[0] = end;
            });
            assertThat(total[0]).isEqualTo(text.length());
        }
    }

    private static void checkAgainstExpression(String name, String text) {
        List<String> pieces = new ArrayList<>();
        PreTokenizer.ofGguf(name)
                .orElseThrow()
                .split(text, 0, text.length(), (t, start, end) -> pieces.add(t.substring(start, end)));
        List<String> expected = List.of(text);
        for (String expression : EXPRESSIONS.getOrDefault(name, List.of())) {
            expected = expected.stream()
                    .flatMap(piece -> isolate(expression, piece).stream())
                    .toList();
        }
        assertThat(pieces).as(text).isEqualTo(expected);
    }

    /** The matches, and what stands between them. */
    private static List<String> isolate(String expression, String text) {
        List<String> pieces = new ArrayList<>();
        Matcher matcher = PATTERNS.computeIfAbsent(expression, e -> Pattern.compile(e, Pattern.UNICODE_CHARACTER_CLASS))
                .matcher(text);
        int done = 0;
        while (matcher.find()) {
            if (matcher.start() > done) {
                pieces.add(text.substring(done, matcher.start()));
            }
            pieces.add(matcher.group());
            done = matcher.end();
        }
        if (done < text.length()) {
            pieces.add(text.substring(done));
        }
        return pieces;
    }

    private static final Map<String, Pattern> PATTERNS = new HashMap<>();
}
