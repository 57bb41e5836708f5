package org.ryzanstein.loader.template;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ChatTemplateTest {
    private static String render(String source) {
        return Fixtures.render(source, Map.of("s", "a-b", "l", List.of(3, 1, 2)));
    }

    private static TemplateException failure(String source) {
        TemplateException e = catchThrowableOfType(TemplateException.class, () -> render(source));
        assertThat(e).as(source).isNotNull();
        return e;
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '#',
            value = {
                "{{ x|frobnicate }}#unknown filter 'frobnicate'",
                "{{ x|a.b }}#unknown filter 'a.b'",
                "{{ l|map('frobnicate') }}#unknown filter 'frobnicate'",
                "{% if x is shiny %}{% endif %}#unknown test 'shiny'",
                "{{ l|select('shiny') }}#unknown test 'shiny'",
                "{{ l|selectattr('a', 'shiny') }}#unknown test 'shiny'",
                "{{ frobnicate(1) }}#unknown function 'frobnicate'",
                "{% if false %}{{ open('/etc/passwd') }}{% endif %}#unknown function 'open'",
                "{{ s.encode() }}#unknown method 'encode'",
                "{{ s.__class__() }}#unknown method '__class__'",
                "{% include 'x' %}#unknown tag 'include'",
                "{% import 'x' as y %}#unknown tag 'import'",
                "{% extends 'x' %}#unknown tag 'extends'",
                "{% do x %}#unknown tag 'do'",
                "{% endif %}#unknown tag 'endif'",
                "{% break %}#tag 'break' outside of a loop",
                "{% for x in y %}{% macro m() %}{% continue %}{% endmacro %}{% endfor %}#tag 'continue' outside of a loop",
                "{% if x %}#tag 'if' without 'endif'",
                "{% for x in y %}{% else %}#tag 'for' without 'endfor'",
                "{% macro m() %}#tag 'macro' without 'endmacro'",
                "{% rawish %}#unknown tag 'rawish'",
                "{% raw %}x#tag 'raw' without 'endraw'",
                "{{ x#'{{' without '}}'",
                "{% if x#'{%' without '%}'",
                "{{ 'x }}#string without its closing quote",
                "{{ x ) }}#unexpected ')'",
                "{{ (x] }}#unexpected ']'",
                "{{ x ? y }}#unexpected character '?'",
                "{{ 1x }}#name that begins with a digit",
                "{{ 0x10 }}#number in another base than ten",
                "{{ }}#found '}}', expected an expression",
                "{{ x y }}#found 'y', expected '}}'",
                "{{ x. }}#found '}}', expected the name of an attribute",
                "{{ * }}#found '*', expected an expression",
                "{% 1 %}#found '1', expected the name of a tag",
                "{% for x of y %}#found 'of', expected 'in'",
                "{% set true = 1 %}#assignment to 'true'",
                "{% macro m(a, a) %}{% endmacro %}#parameter 'a' is there twice or lacks a default value",
                "{% macro m(a=1, b) %}{% endmacro %}#parameter 'b' is there twice or lacks a default value",
                "{% call x %}{% endcall %}#tag 'call' without a call",
                "{{ range(a=1, 2) }}#positional argument after a named one",
                "{{ x is }}#found '}}', expected the name of a test",
                "{{ x is eq is }}#tests chained with 'is'",
                "{{ '\\xg1' }}#escape '\\x' without its 2 hex digits",
                "{{ '\\u12' }}#escape '\\u' without its 4 hex digits",
                "{{ '\\Uffffffff' }}#escape '\\U' without its 8 hex digits",
                "{{ '\\N{DASH}' }}#escape '\\N' in a string"
            })
    void refusesWhenCompiled(String source, String what) {
        TemplateException e = catchThrowableOfType(TemplateException.class, () -> ChatTemplate.compile(source));
        assertThat(e).as(source).isNotNull();
        assertThat(e.kind()).isEqualTo(TemplateException.Kind.REFUSED);
        assertThat(e.what()).isEqualTo(what);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '#',
            value = {
                "{{ x() if x is defined else 'no' }}#no",
                "{% set ns = namespace(f=none) %}{% macro g(a) %}<{{ a }}>{% endmacro %}{% set ns.f = g %}{{ ns.f(1) }}#<1>",
                "{% set d = {'render': range} %}{{ d.render(2) }}#[0, 1]"
            })
    void acceptsCallsOfWhatTheTemplateDefinesOrAsksFor(String source, String expected) {
        assertThat(render(source)).isEqualTo(expected);
    }

    @Test
    void namesTemplateLineAndConstruct() {
        TemplateException refused = catchThrowableOfType(
                TemplateException.class, () -> ChatTemplate.compile("my-model", "a\n\n{{ x|frobnicate }}"));
        assertThat(refused).hasMessage("template my-model, line 3: unknown filter 'frobnicate'");
        assertThat(refused.template()).isEqualTo("my-model");
        TemplateException failed = catchThrowableOfType(
                TemplateException.class,
                () -> ChatTemplate.compile("my-model", "a\r\nb\r{% for x in l %}\n{{ x }}\n{{ x.y.z }}{% endfor %}")
                        .renderText(Map.of("l", List.of(1))));
        assertThat(failed).hasMessage("template my-model, line 5: 'int object' has no attribute 'y'");
        assertThat(failed.kind()).isEqualTo(TemplateException.Kind.FAILED);
        assertThat(failed.line()).isEqualTo(5);
    }

    @Test
    void namesTheLineInsideAMacro() {
        assertThat(failure("{% macro m() %}\n\n{{ 1 / 0 }}\n{% endmacro %}\n\n{{ m() }}")
                        .line())
                .isEqualTo(3);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '#',
            value = {
                "{{ l.foo() if l.foo is defined else l.bar }}{{ 5() }}#'int' object is not callable",
                "{{ raise_exception() }}#raise_exception needs its parameter 'message'",
                "{{ s|trim(1) }}#filter trim: parameter 'chars' is of type int, expected a string",
                "{{ s|trim('a', 'b') }}#filter trim takes at most 1 arguments, found 2",
                "{{ s|trim(charz='a') }}#filter trim has no parameter 'charz'",
                "{{ s|trim('a', chars='a') }}#filter trim got parameter 'chars' twice",
                "{{ s.replace('a', none) }}#replace: parameter 'new' is of type NoneType, expected a string",
                "{{ s.split(maxsplit='x') }}#split: parameter 'maxsplit' is of type str, expected an integer",
                "{{ s.split('') }}#empty separator",
                "{{ s.rsplit(none, 1) }}#rsplit with maxsplit needs its parameter 'sep'",
                "{{ s.index('z') }}#index: substring not found",
                "{{ ','.join([1]) }}#join: found an item of type int, expected strings",
                "{{ l.index(9) }}#index: value is not in list",
                "{{ l.pop(9) }}#pop index out of range",
                "{{ [].pop() }}#pop from empty list",
                "{{ {}.pop('a') }}#pop: no key 'a'",
                "{{ {}.update([1]) }}#update: found list, expected a dict",
                "{{ {[1]: 2} }}#unhashable type: 'list'",
                "{{ {{}: 2} }}#unhashable type: 'dict'",
                "{{ {'a': 1}[[1]] is defined }}{{ {}[{}] }}#unhashable type: 'dict'",
                "{{ 1 in 2 }}#argument of type 'int' is not iterable",
                "{{ 1 in 'a' }}#'in <string>' requires string as left operand, not int",
                "{{ 1 < 'a' }}#'<' not supported between instances of 'int' and 'str'",
                "{{ l|sort(attribute='x') }}#'int object' has no attribute 'x'",
                "{{ [1, 'a']|sort }}#'<' not supported between instances of 'str' and 'int'",
                "{{ -s }}#bad operand type for unary -: 'str'",
                "{{ +none }}#bad operand type for unary +: 'NoneType'",
                "{{ -zz }}#'zz' is undefined",
                "{{ 1.5 * 'a' }}#unsupported operand type(s) for *: 'float' and 'str'",
                "{{ 1 + none }}#unsupported operand type(s) for +: 'int' and 'NoneType'",
                "{{ 5 % 0 }}#division by zero",
                "{{ 5 // 0.0 }}#division by zero",
                "{{ 5 is divisibleby 0 }}#division by zero",
                "{{ 'a' is even }}#remainder of str and int, expected integers",
                "{{ l[::0] }}#slice step cannot be zero",
                "{{ l['a':] }}#slice indices must be integers or none, found str",
                "{{ 5|length }}#object of type 'int' has no len()",
                "{% for x in 5 %}{% endfor %}#'int' object is not iterable",
                "{% set a, b = [1] %}#cannot unpack 1 values into 2 names",
                "{% macro m(a) %}{% endmacro %}{{ m(1, 2) }}#macro 'm' takes not more than 1 arguments, found 2",
                "{% macro m(a) %}{% endmacro %}{{ m(1, a=2) }}#macro 'm' got parameter 'a' twice",
                "{% macro m(a) %}{% endmacro %}{{ m(b=2) }}#macro 'm' takes no parameter 'b'",
                "{% macro m() %}{{ caller() }}{% endmacro %}{{ m() }}#No caller defined",
                "{% for x in l %}{{ loop(l) }}{% endfor %}#loop called, but it is not marked 'recursive'",
                "{% for x in l %}{{ loop.cycle() }}{% endfor %}#loop.cycle: no items for cycling given",
                "{{ dict([1]) }}#'int' object is not iterable",
                "{{ dict([[1]]) }}#dict: found an item of 1 values, expected pairs",
                "{{ namespace({1: 2}) }}#namespace: found a name of type int, expected strings",
                "{{ range('a') }}#range: found str, expected an integer",
                "{{ range(1, 2, 0) }}#range: step is zero",
                "{{ range(**[1]) }}#argument after ** must be a mapping, not list",
                "{{ range(**{1: 2}) }}#keywords must be strings",
                "{{ strftime_now('%Q') }}#strftime: unknown directive '%Q'",
                "{{ strftime_now('%') }}#strftime: format ends after '%'",
                "{{ '%q' % 1 }}#unsupported format character 'q'",
                "{{ '%' % 1 }}#incomplete format",
                "{{ '%s' % () }}#not enough arguments for format string",
                "{{ 'x' % 1 }}#not all arguments converted during string formatting",
                "{{ '%d' % 'a' }}#%d format: a number is required, not str",
                "{{ '%f' % none }}#%f format: a number is required, not NoneType",
                "{{ '%s'|format(a=1) }}#filter format: named values, expected positional ones",
                "{{ '{'.format() }}#format: '{' without '}'",
                "{{ '}'.format() }}#format: single '}'",
                "{{ '{5}'.format(1) }}#format: no argument for the field '{5}'",
                "{{ '{a.b}'.format(a=1) }}#format: no argument for the field '{a.b}'",
                "{{ range|tojson }}#Object of type function is not JSON serializable",
                "{{ {(1, 2): 3}|tojson }}#keys must be str, int, float, bool or None, not tuple",
                "{{ 1|tojson(indent=[]) }}#filter tojson: indent of type list",
                "{{ 1|tojson(separators=[1]) }}#filter tojson: separators, expected two strings",
                "{{ 1|from_json }}#filter from_json: found int, expected a string",
                "{{ s|items }}#Can only get item pairs from a mapping, found str",
                "{{ s|dictsort }}#filter dictsort: found str, expected a dict",
                "{{ {}|dictsort(by='x') }}#filter dictsort: by 'x', expected 'key' or 'value'",
                "{{ s|abs }}#filter abs: found str, expected a number",
                "{{ s|round }}#filter round: found str, expected a number",
                "{{ 1.5|round(method='x') }}#filter round: unknown method 'x'",
                "{{ s|int(base=1) }}#filter int: base 1, expected 2 to 36",
                "{{ l|map }}#filter map needs its parameter 'attribute'",
                "{{ l|map(1) }}#filter map: found a name of type int, expected a string",
                "{{ l|map(s) }}#unknown filter 'a-b'",
                "{{ l|select(s) }}#unknown test 'a-b'",
                "{{ l|selectattr }}#filter selectattr needs an attribute",
                "{{ 'a'.partition() }}#partition needs its parameter 'sep'"
            })
    void failsWhenRendered(String source, String what) {
        TemplateException e = failure(source);
        assertThat(e.kind()).isEqualTo(TemplateException.Kind.FAILED);
        assertThat(e.what()).isEqualTo(what);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '#',
            ignoreLeadingAndTrailingWhitespace = false,
            value = {
                "{{ '{\"a\": [1, -2.5e1, true, false, null, \"x\\\\n\\\\u00e9\\\\/\\\\b\\\\f\\\\r\\\\t\\\\\\\\\"], \"b\": {}, \"c\": []}'|from_json }}"
                        + "#{'a': [1, -25.0, True, False, None, 'x\\né/\\x08\\x0c\\r\\t\\\\'], 'b': {}, 'c': []}",
                "{{ l.insert(0, 9) }}{{ l.insert(-1, 8) }}{{ l.extend('ab') }}{{ l }}{{ l.count(1) }}{{ l.index(8) }}"
                        + "#NoneNoneNone[9, 3, 1, 8, 2, 'a', 'b']13",
                "{% set m = l.copy() %}{% set _ = m.append(1) %}{{ l }}{{ m }}#[3, 1, 2][3, 1, 2, 1]",
                "{% set d = {'a': 1} %}{% set e = d.copy() %}{{ d.setdefault('a', 2) }}{{ d.setdefault('b', 2) }}"
                        + "{{ d.setdefault('c') }}{{ d }}{{ e }}{{ d.pop('a') }}{{ d.pop('z', 5) }}{{ d }}"
                        + "#12None{'a': 1, 'b': 2, 'c': None}{'a': 1}15{'b': 2, 'c': None}",
                "{{ (1, 2).count(1) }}{{ (1, 2).append is defined }}#1False",
                "{{ namespace(a=1) }}{{ range }}{% for x in l %}{% if loop.first %}{{ loop }}{% endif %}{% endfor %}{{ [zz] }}"
                        + "#<Namespace {'a': 1}><function range><LoopContext 1/3>[Undefined]",
                "{% set ns = namespace(a=1, b='x') %}{{ ns }}#<Namespace {'a': 1, 'b': 'x'}>",
                "{{ 1e400 }}{{ -1e400 }}{{ 1e400 - 1e400 }} {{ [1e400, -1e400, 1e400 - 1e400]|tojson }}"
                        + "#inf-infnan [Infinity, -Infinity, NaN]",
                "{{ (1e400 - 1e400) < 1 }}{{ (1e400 - 1e400) == 1 }}{{ 1e400 > 10**300 }}{{ -0.0 }}{{ 1e400|int(5) }}"
                        + "#FalseFalseTrue-0.05",
                "{{ 1.5 + 1 }}{{ 1.5 - 1 }}{{ 1.5 * 2 }}{{ 2 ** 0.5 < 1.5 }}{{ 0 ** 0 }}{{ 1 ** 99999 }}{{ (-2) ** 3 }}"
                        + "#2.50.53.0True11-8",
                "{{ 'é' < '😀' }}{{ '\\uffee' < '😀' }}{{ 'a' < 'ab' }}{{ 'b' >= 'a' }}{{ 2 <= 2 }}{{ [1] >= [0, 5] }}"
                        + "#TrueTrueTrueTrueTrueTrue",
                "{{ none == false }}{{ range == range }}{{ [1] == (1,) }}{{ {'a': 1} == {'a': 2} }}{{ {'a': 1} == {'b': 1} }}"
                        + "{{ {} == {'a': 1} }}{{ 'a' == none }}#FalseFalseFalseFalseFalseFalseFalse",
                "{{ {zz: 1}[yy] }}{{ {1: 'a', 2**60 + 1: 'b'}[1.0] }}{{ {2**60: 'c'}[2.0**60] }}{{ {(1, 'a'): 'd'}[(true, 'a')] }}"
                        + "#1acd",
                "{{ 5|attr('x') is defined }}{{ {'a': 1}|attr('a') }}#False1",
                "{{ (s|upper)|attr('lower') is callable }}{{ [] is sameas [] }}{{ l is sameas l }}#TrueFalseTrue",
                "{{ zz is lower }}{{ 'a' is lower }}{{ 1 is lower }}{{ 1 is filter }}{{ 'eq' is test }}#FalseTrueFalseFalseTrue",
                "{{ '%-4s|%4s|%.1s|%i|%r' % ('a', 'b', 'cd', 5.9, 'q') }}#a   |   b|c|5|'q'",
                "{{ '%05d|%05.1f' % (-42, 2.25) }}#-0042|002.2",
                "{{ 1.5e10|string }} {{ 1e-7 }} {{ 12345678901234567.0 }}#15000000000.0 1e-07 1.2345678901234568e+16",
                "{{ 'abcbd'.rsplit('b', 1) }}{{ 'abcbd'.rsplit('b') }}{{ ' a b '.rsplit() }}{{ 'abc'.rpartition('z') }}"
                        + "#['abc', 'd']['a', 'c', 'd']['a', 'b']('', '', 'abc')",
                "{{ 'abc'.partition('z') }}{{ 'abc'.rfind('') }}{{ 'abc'.rfind('z') }}{{ 'abc'.count('') }}#('abc', '', '')3-14",
                "{{ 'abc'.removeprefix('x') }}{{ 'abc'.removesuffix('x') }}{{ 'abc'.endswith(('x', 'y')) }}#abcabcFalse",
                "{{ ('a<b'|safe).split('<')|first is escaped }}{{ 'a'|e|string is escaped }}#TrueTrue",
                "{{ strftime_now('%F %T %R %D %c %e %f %w %u %n%t%Z%z%-m%h') }}"
                        + "#2024-07-26 00:00:00 00:00 07/26/24 Fri Jul 26 00:00:00 2024 26 000000 5 5 \\n\\t7Jul",
                "{{ '0b11'|int(base=2) }}{{ '0o17'|int(base=8) }}{{ 'zz'|int(base=36) }}{{ 'x'|float(1.5) }}{{ [1]|int }}"
                        + "#31512951.50",
                "{{ 1234|round(-2) }}{{ true|abs }}{{ true|int }}{{ +true }}{{ -true }}#1200111-1",
                "{{ l|max }}{{ ['b', 'A']|max }}{{ ['b', 'A']|min(case_sensitive=true) }}{{ [{'a': 2}, {'a': 1}]|min(attribute='a') }}"
                        + "#3bA{'a': 1}",
                "{{ [{'a': 1}, {'a': 1}]|unique(attribute='a')|list|length }}{{ [[1, 2], [3]]|sum(start=[]) }}#1[1, 2, 3]",
                "{{ 'ab'|map('upper')|list }}{{ none|map('upper')|list }}{{ none|select|list }}#['A', 'B'][][]",
                "{% for x in l if x > 1 %}{{ x }}{{ loop.length }}{% endfor %}#3222",
                "{{ a[] is undefined if a is defined else l[1,] is defined }}#False",
                "{{ l[1:2:] }}{{ l[:] }}{{ l[::] }}{{ l[-99:99] }}{{ l[99:] }}{{ l[2:0:-1] }}{{ 'abc'[2:1] }}{{ ''[::-1] }}{{ 5[1:] is defined }}"
                        + "#[1][3, 1, 2][3, 1, 2][3, 1, 2][][2, 1]False",
                "{{ range(*[1, 3]) }}{{ dict(**{'a': 1}) }}{{ (1, 2,) }}{{ [1,] }}{{ {'a': 1,} }}{{ range(2,) }}"
                        + "#[1, 2]{'a': 1}(1, 2)[1]{'a': 1}[0, 1]",
                "{% set x = 1, %}{{ x }}{% for a, in [[1]] %}{{ a }}{% endfor %}{% macro m(a,) %}{{ a }}{% endmacro %}{{ m(2) }}#(1,)12",
                "{% with (a, b) = (1, 2), c = 3 %}{{ a }}{{ b }}{{ c }}{% endwith %}#123",
                "{% for x in l %}{% with y = x %}{% if y == 1 %}{% break %}{% endif %}{{ y }}{% endwith %}{% endfor %}#3",
                "a{%raw-%} {{ x }} {%-endraw-%} b#a{{ x }}b"
            })
    void renders(String source, String expected) {
        assertThat(render(source)).isEqualTo(expected.replace("\\n\\t7", "\n\t7"));
    }

    @Test
    void takesLineBreaksAndCommentsOutAsJinja2Does() {
        assertThat(render("{{ 'a\\\nb' }}")).isEqualTo("ab");
        assertThat(render("a{#- c -#}  b\n")).isEqualTo("ab");
        assertThat(render("a {#+ c +#}\n\nb\n\n")).isEqualTo("a \n\nb\n");
        assertThat(failure("{# x").what()).isEqualTo("comment without its end '#}'");
        assertThat(failure("{#}").what()).isEqualTo("comment without its end '#}'");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '#',
            value = {
                "[1#found the end at offset 2, expected ']'",
                "[1] x#found 'x' at offset 4, expected the end",
                "{1: 2}#found '1' at offset 1, expected '\"'",
                "{\"a\" 1}#found '1' at offset 5, expected ':'",
                "\"a#found the end at offset 2, expected '\"'",
                "\"\\q\"#found 'q' at offset 2, expected an escape",
                "\"\\#found the end at offset 2, expected an escape",
                "\"\\u12g4\"#found 'g' at offset 5, expected a hex digit",
                "01#found '0' at offset 0, expected a value",
                "nul#found 'n' at offset 0, expected a value"
            })
    void refusesWrongJson(String json, String what) {
        TemplateException e = catchThrowableOfType(
                TemplateException.class, () -> Fixtures.render("{{ j|from_json }}", Map.of("j", json)));
        assertThat(e.what()).isEqualTo("from_json: " + what);
    }

    @Test
    void takesEveryKindOfPlainInput() {
        Map<String, @Nullable Object> input = new HashMap<>();
        input.put("none", null);
        input.put(
                "all",
                Arrays.asList(
                        null,
                        true,
                        (byte) 1,
                        (short) 2,
                        3,
                        4L,
                        1.5f,
                        2.5,
                        new BigInteger("18446744073709551615"),
                        new BigDecimal("0.25"),
                        "s",
                        List.of(),
                        Map.of()));
        assertThat(Fixtures.render("{{ all }}{{ all|tojson }}", input))
                .isEqualTo("[None, True, 1, 2, 3, 4, 1.5, 2.5, 18446744073709551615, 0.25, 's', [], {}]"
                        + "[null, true, 1, 2, 3, 4, 1.5, 2.5, 18446744073709551615, 0.25, \"s\", [], {}]");
    }

    @Test
    void rendersWithTheSystemsClockWhereNoneIsGiven() {
        ChatTemplate template = ChatTemplate.compile("clock", "{{ strftime_now('%Y')|int > 2023 }}");
        assertThat(template.name()).isEqualTo("clock");
        assertThat(template.renderText(Map.of())).isEqualTo("True");
        assertThat(template.render(Map.of())).containsExactly(new ChatTemplate.Segment("True", false));
    }

    @Test
    void keepsToLimitsOfItsOwn() {
        TemplateLimits small = new TemplateLimits(100, 5, 50, 3, 20, 100, 10, 20, 0);
        assertThat(limited(small, "{% for i in range(4) %}{% endfor %}")).isEqualTo("more than 3 iterations of loops");
        assertThat(limited(small, "{{ 'a' * 21 }}")).isEqualTo("output of more than 20 characters");
        assertThat(limited(small, "{{ 'a' * 101 }}")).isEqualTo("strings of more than 100 characters in all");
        assertThat(limited(small, "{{ [1] * 11 }}")).isEqualTo("lists and dicts of more than 10 elements in all");
        assertThat(limited(small, "{{ 1" + "+1".repeat(19) + " }}")).isEqualTo("nesting or recursion deeper than 20");
        assertThat(limited(small, "{% set x = 1 %}".repeat(6) + "{{1}}{{1}}")).isEqualTo("no failure");
        assertThat(limited(small, "{{1}}".repeat(20))).isEqualTo("more than 50 steps of evaluation");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new TemplateLimits(1, 0, 1, 1, 1, 1, 1, 1, 1))
                .withMessageContaining("nesting=0");
    }

    private static String limited(TemplateLimits limits, String source) {
        try {
            ChatTemplate.compile("small", source, limits).renderText(Map.of());
            return "no failure";
        } catch (TemplateException e) {
            assertThat(e.kind()).isEqualTo(TemplateException.Kind.LIMIT);
            return e.what();
        }
    }
}
