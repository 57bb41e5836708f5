package org.ryzanstein.loader.hostile;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/** Changes chat templates: words and signs inside tags, so that many still compile, or characters. */
final class TemplateMutator {
    private static final Pattern TAG = Pattern.compile("\\{[{%].*?[%}]\\}", Pattern.DOTALL);
    private static final Pattern WORD =
            Pattern.compile("'[^']*'|\"[^\"]*\"|\\w+|[=!<>]=|//|\\*\\*|[-+*/%~|.:,()\\[\\]{}<>=]");

    private static final Pattern NO_OPERAND_BEHIND =
            Pattern.compile("(\\.|\\||%|%-|\\b(set|for|macro|is|is not|call|filter)|\\bfor \\w+,)$");

    private static final List<String> SIGNS = List.of(
            "+", "-", "*", "/", "//", "%", "**", "~", "|", ".", ":", ",", "==", "!=", "<", ">=", "in", "not in", "is",
            "is not", "and", "or", "if");

    /** Expressions that cost something, or are of another type than what they replace. */
    private static final List<String> EXPRESSIONS = List.of(
            "0",
            "-1",
            "10**9",
            "9**9**9",
            "2**63",
            "1.5",
            "1e308",
            "none",
            "true",
            "''",
            "'%s'",
            "'é\\u0000'",
            "[]",
            "{}",
            "()",
            "messages",
            "messages[0]",
            "messages[-99]",
            "messages[::-1]",
            "messages[:10**9]",
            "loop",
            "loop.index",
            "loop.cycle",
            "namespace()",
            "range(10**9)",
            "range(99999)",
            "range(0, 10, 0)",
            "'x' * 10**9",
            "'x' * 99999",
            "messages * 10**6",
            "messages|tojson",
            "messages|tojson(indent=10**9)",
            "messages|map('tojson')|join(',' * 99999)",
            "'{}'.format(1)",
            "'%99999999d' % 1",
            "'a'.join('b' * 99999)",
            "('a' * 9999).replace('', 'b' * 9999)",
            "'a'|indent(10**9)",
            "[1]|sum(start='a')",
            "messages|sort",
            "raise_exception('no')",
            "strftime_now('%Y' * 9999)",
            "''.__class__",
            "x.y.z",
            "(".repeat(30) + "1" + ")".repeat(30),
            "[".repeat(40) + "]".repeat(40),
            "not ".repeat(30) + "1",
            "-".repeat(30) + "1",
            "1" + "+1".repeat(3000));

    private static final List<String> TAGS = List.of(
            "{% for i in range(99999) %}{% for j in range(99999) %}x{% endfor %}{% endfor %}",
            "{% for m in messages recursive %}{{ loop(messages) }}{% endfor %}",
            "{% macro m() %}{{ m() }}{{ m() }}{% endmacro %}{{ m() }}",
            "{% set ns = namespace(s='ab') %}{% for i in range(99) %}{% set ns.s = ns.s ~ ns.s %}{% endfor %}",
            "{% set _ = messages.append(messages) %}{{ messages }}",
            "{% if true %}",
            "{% endif %}",
            "{% else %}",
            "{% endfor %}",
            "{% break %}",
            "{% include 'x' %}",
            "{% import 'x' as y %}",
            "{% raw %}",
            "{#",
            "{{",
            "{%-",
            "-%}");

    private static final Set<String> KEYWORDS = Set.of(
            "if",
            "elif",
            "else",
            "endif",
            "for",
            "endfor",
            "in",
            "set",
            "endset",
            "macro",
            "endmacro",
            "is",
            "not",
            "and",
            "or",
            "defined",
            "none",
            "string",
            "mapping",
            "iterable",
            "generation",
            "endgeneration",
            "call",
            "filter");

    private TemplateMutator() {}

    static byte[] mutate(byte[] original, SplittableRandom random) {
        if (random.nextInt(12) == 0) {
            return Odd.bytes(original, 0, original.length, random);
        }
        String template = new String(original, StandardCharsets.UTF_8);
        for (int n = 1 + random.nextInt(3); n > 0; n--) {
            template = changed(template, random);
        }
        return template.getBytes(StandardCharsets.UTF_8);
    }

    private static String changed(String template, SplittableRandom random) {
        List<MatchResult> tags = TAG.matcher(template).results().toList();
        if (tags.isEmpty()) {
            return template + Odd.of(TAGS, random);
        }
        MatchResult tag = Odd.of(tags, random);
        String content = template.substring(tag.start(), tag.end());
        String replaced = switch (random.nextInt(20)) {
            case 0 -> "";
            case 1 -> content + content;
            case 2 -> content + Odd.of(TAGS, random);
            case 3 -> Odd.of(tags, random).group();
            default -> changedTag(content, random);
        };
        return template.substring(0, tag.start()) + replaced + template.substring(tag.end());
    }

    /** Whether an expression may stand in a word's place: it is no keyword, attribute, filter, function or new name. */
    private static boolean isOperand(String tag, MatchResult word) {
        char first = word.group().charAt(0);
        String before = tag.substring(0, word.start()).stripTrailing();
        String behind = tag.substring(word.end()).stripLeading();
        return (Character.isLetterOrDigit(first) || first == '\'' || first == '"')
                && !KEYWORDS.contains(word.group())
                && !NO_OPERAND_BEHIND.matcher(before).find()
                && !behind.startsWith("(")
                && !(behind.startsWith("=") && !behind.startsWith("=="));
    }

    private static String changedTag(String tag, SplittableRandom random) {
        List<MatchResult> words = new ArrayList<>(WORD.matcher(tag)
                .results()
                .filter(word -> word.start() > 2 && word.end() < tag.length() - 2)
                .toList());
        if (words.isEmpty()) {
            return tag + "x";
        }
        List<MatchResult> operands =
                words.stream().filter(word -> isOperand(tag, word)).toList();
        if (operands.isEmpty() || random.nextInt(10) == 0) {
            MatchResult word = words.size() == 1 ? words.getFirst() : Odd.of(words.subList(1, words.size()), random);
            String sign = random.nextBoolean()
                    ? Odd.of(SIGNS, random)
                    : Odd.of(words, random).group();
            return tag.substring(0, word.start()) + sign + tag.substring(word.end());
        }
        MatchResult word = Odd.of(operands, random);
        String replaced = switch (random.nextInt(4)) {
            case 0 -> Odd.of(operands, random).group();
            case 1 -> "(" + word.group() + " " + Odd.of(SIGNS, random) + " " + Odd.of(EXPRESSIONS, random) + ")";
            default -> "(" + Odd.of(EXPRESSIONS, random) + ")";
        };
        return tag.substring(0, word.start()) + replaced + tag.substring(word.end());
    }
}
