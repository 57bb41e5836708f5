package org.ryzanstein.loader.template;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Templates that try to take all time, memory or stack. */
class HostileTemplateTest {
    private static final Duration BOUND = Duration.ofSeconds(20);

    private static TemplateException failure(String source) {
        return Assertions.assertTimeoutPreemptively(
                BOUND, () -> catchThrowableOfType(TemplateException.class, () -> Fixtures.render(source, Map.of())));
    }

    private static void endsAtALimit(String source) {
        TemplateException e = failure(source);
        assertThat(e).as(source).isNotNull();
        assertThat(e.kind()).as(e.getMessage()).isEqualTo(TemplateException.Kind.LIMIT);
        assertThat(e.line()).isPositive();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{{ range(10**9) }}",
                "{% for i in range(10**9) %}x{% endfor %}",
                "{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}",
                "{% for i in range(9999) %}{% for j in range(9999) if false %}{% endfor %}{% endfor %}",
                "{% set ns = namespace(l=[1]) %}{% for i in range(99999) %}{% set ns.l = ns.l + ns.l %}{% endfor %}",
                "{% set l = [1] %}{% for i in range(99) %}{% set _ = l.extend(l) %}{% endfor %}",
                "{{ [0] * 10**9 }}",
                "{{ ([0] * 1000) * 1000000 }}",
                "{{ 'a' * 10**9 }}",
                "{{ 'a' * 10**30 }}",
                "{{ '' ~ ('a' * 1000000) * 1000 }}",
                "{{ 'a' * 6000000 }}",
                "{% set x = 'a' * 1000 %}{% for i in range(99999) %}{{ x }}{% endfor %}",
                "{% set ns = namespace(s='ab') %}{% for i in range(99) %}{% set ns.s = ns.s + ns.s %}{% endfor %}",
                "{% set ns = namespace(s='aa') %}{% for i in range(99) %}{% set ns.s = ns.s.replace('a', ns.s) %}"
                        + "{% endfor %}",
                "{% set ns = namespace(s='a') %}{% for i in range(99) %}{% set ns.s = ns.s.join([ns.s, ns.s]) %}"
                        + "{% endfor %}",
                "{{ 9**(9**9) }}",
                "{{ 10**4000 }}",
                "{% set ns = namespace(n=3) %}{% for i in range(99) %}{% set ns.n = ns.n * ns.n %}{% endfor %}",
                "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
                "{% macro a() %}{{ b() }}{% endmacro %}{% macro b() %}{{ a() }}{% endmacro %}{{ a() }}",
                "{% macro m() %}{{ m() }}{{ m() }}{% endmacro %}{{ m() }}",
                "{% macro m(n) %}{% if n %}{{ m(n-1) }}{{ m(n-1) }}{% endif %}{% endmacro %}{{ m(30) }}",
                "{% macro m() %}{% call m() %}x{% endcall %}{% endmacro %}{{ m() }}",
                "{% macro m() %}{% call m() %}{{ caller() }}{% endcall %}{{ caller() }}{% endmacro %}"
                        + "{% call m() %}x{% endcall %}",
                "{% set l = [1] %}{% for x in l recursive %}{{ loop(l) }}{% endfor %}",
                "{% set l = [] %}{% set _ = l.append(l) %}{{ l }}",
                "{% set l = [] %}{% set _ = l.append(l) %}{{ l|tojson }}",
                "{% set a = [] %}{% set b = [] %}{% set _ = a.append(b) %}{% set _ = b.append(a) %}{{ a == b }}",
                "{% set a = [] %}{% set b = [] %}{% set _ = a.append(b) %}{% set _ = b.append(a) %}{{ a < b }}",
                "{% set d = {} %}{% set _ = d.update({'d': d}) %}{{ d }}",
                "{% set l = [] %}{% set _ = l.append(l) %}{{ l|map('map', *(['map'] * 100000))|list }}",
                "{% set ns = namespace(l=[1]) %}{% for i in range(40) %}{% set ns.l = [ns.l, ns.l] %}{% endfor %}"
                        + "{{ ns.l|string|length }}",
                "{% set ns = namespace(l=[1], k=[1]) %}{% for i in range(40) %}{% set ns.l = [ns.l, ns.l] %}"
                        + "{% set ns.k = [ns.k, ns.k] %}{% endfor %}{{ ns.l == ns.k }}",
                "{% set ns = namespace(l=[1]) %}{% for i in range(300) %}{% set ns.l = [ns.l] %}{% endfor %}{{ ns.l }}",
                "{{ ('[' * 100000)|from_json }}",
                "{% set ns = namespace(t=(1,)) %}{% for i in range(300) %}{% set ns.t = (ns.t, ns.t) %}{% endfor %}"
                        + "{{ {ns.t: 1} }}",
                "{{ ('x' * 100)|indent(10**9) }}",
                "{{ 1|tojson(indent=10**9) }}",
                "{{ '%1000000000d' % 1 }}",
                "{{ strftime_now('%Y' * 100000) }}",
                "{{ ('a' * 2000000)|list|length }}",
                "{% set x = ('a' * 1000000) %}{% for i in range(99999) %}{{ x|length }}{% endfor %}",
                "{% set x = ('a' * 1000000) %}{% set y = 'a' * 1000 + 'b' %}{% for i in range(99999) %}"
                        + "{{ y in x }}{% endfor %}",
                "{% set x = ('a' * 1000000) %}{% set y = 'a' * 1000000 %}{% for i in range(99999) %}"
                        + "{{ x == y }}{% endfor %}",
                "{% set x = 'a' * 1000000 %}{% for i in range(99) %}{{ x.strip('b' * 100000 + 'a')|length }}{% endfor %}",
                "{% set l = range(90000)|list %}{% for i in range(99999) %}{% set _ = l.pop(0) %}"
                        + "{% set _ = l.insert(0, 1) %}{% endfor %}",
                "{% set l = range(90000)|list %}{% for i in range(99999) %}{{ 'a' in l }}{% endfor %}",
                "{% set l = range(90000)|list %}{% for i in range(99999) %}{% set x = l|sort %}{% endfor %}"
            })
    void endsAtALimitInBoundedTime(String source) {
        endsAtALimit(source);
    }

    @Test
    void looksUpKeysThatWouldCollideInBoundedTime() {
        String integers =
                "{% set d = {} %}{% for i in range(50000) %}{% set _ = d.update({i * 2**32 + 2**50 - 31 * i: 1, "
                        + "2**60 + i: 2, i + 0.5: 3}) %}{% endfor %}{{ d|length }}";
        Assertions.assertTimeoutPreemptively(
                BOUND, () -> assertThat(Fixtures.render(integers, Map.of())).isEqualTo("150000"));
        String tuples = "{% set ns = namespace(l=['']) %}{% for i in range(14) %}{% set n = [] %}{% for s in ns.l %}"
                + "{% set _ = n.extend([s + 'Aa', s + 'BB']) %}{% endfor %}{% set ns.l = n %}{% endfor %}"
                + "{% set d = {} %}{% for s in ns.l %}{% set _ = d.update({(s,): 1, s: 2}) %}{% endfor %}{{ d|length }}";
        Assertions.assertTimeoutPreemptively(
                BOUND, () -> assertThat(Fixtures.render(tuples, Map.of())).isEqualTo("32768"));
    }

    @Test
    void refusesKeysThatCostMore() {
        endsAtALimit("{{ {2**63: 1} }}");
        endsAtALimit("{{ {((1, 2), 3): 1} }}");
        endsAtALimit("{{ {(0,) * 17: 1} }}");
        assertThat(failure("{% set ns = namespace() %}{% set ns.a = ns %}{{ {ns: 1} }}")
                        .what())
                .isEqualTo("unhashable type: 'Namespace'");
        assertThat(failure("{{ {range: 1} }}").what()).isEqualTo("unhashable type: 'function'");
    }

    @Test
    void endsDeepExpressionsAtALimit() {
        endsAtALimit("{{ 1" + " + 1".repeat(50_000) + " }}");
        endsAtALimit("{{ x" + ".y".repeat(50_000) + " if false else x" + "|trim".repeat(50_000) + " }}");
        endsAtALimit("{{ true" + " and true".repeat(50_000) + " }}");
    }

    @Test
    void refusesDeepNestingInTheSource() {
        for (String source : List.of(
                "{{ " + "(".repeat(50_000) + "1" + ")".repeat(50_000) + " }}",
                "{{ " + "[".repeat(50_000) + "]".repeat(50_000) + " }}",
                "{{ " + "{1:".repeat(50_000) + "1" + "}".repeat(50_000) + " }}",
                "{{ " + "-".repeat(50_000) + "1 }}",
                "{{ " + "not ".repeat(50_000) + "1 }}",
                "{{ " + "a(".repeat(50_000) + ")".repeat(50_000) + " }}",
                "{{ x" + "[x".repeat(50_000) + "]".repeat(50_000) + " }}",
                "{{ " + "1 if 1 else ".repeat(50_000) + "1 }}",
                "{% set " + "(".repeat(50_000) + "a" + ")".repeat(50_000) + " = 1 %}",
                "{{ 1 is eq " + "(".repeat(50_000) + ")".repeat(50_000) + " }}",
                "{% if 1 %}".repeat(40_000) + "{% endif %}".repeat(40_000),
                "{% for x in y %}".repeat(50_000),
                "{% macro m() %}".repeat(50_000))) {
            TemplateException e = failure(source);
            assertThat(e.kind()).as(e.getMessage()).isEqualTo(TemplateException.Kind.REFUSED);
            assertThat(e.what()).contains("deeper than");
        }
    }

    @Test
    void refusesALongSource() {
        TemplateException e = failure("x".repeat(2_000_000));
        assertThat(e.what()).isEqualTo("source of 2000000 characters, expected at most 1048576");
    }

    @Test
    void lexesLongLinesInLinearTime() {
        Assertions.assertTimeoutPreemptively(BOUND, () -> {
            assertThat(Fixtures.render("{#a#}".repeat(200_000), Map.of())).isEmpty();
            assertThat(Fixtures.render(" {#a#}".repeat(150_000), Map.of())).hasSize(149_999);
            assertThat(failure("{% raw %}" + "{% endraw ".repeat(90_000)).what())
                    .contains("without 'endraw'");
        });
    }

    @Test
    void keepsItsDepthWithinASmallStack() throws InterruptedException {
        List<Throwable> thrown = new ArrayList<>();
        Thread thread = new Thread(
                null,
                () -> {
                    try {
                        endsAtALimit("{% macro m(x) %}{% for a in [1] %}{% if m((x, [m(x|default(1))])) %}"
                                + "{% endif %}{% endfor %}{% endmacro %}{{ m(1) }}");
                        endsAtALimit("{% set l = [] %}{% set _ = l.append(l) %}"
                                + "{{ l|map('map', *(['map'] * 100000))|list }}");
                        failure("{{ " + "(".repeat(60) + "1" + ")".repeat(60) + " }}");
                    } catch (Throwable t) {
                        thrown.add(t);
                    }
                },
                "small stack",
                512 * 1024);
        thread.start();
        thread.join();
        assertThat(thrown).isEmpty();
    }

    @Test
    void refusesDeepOrForeignInput() {
        List<Object> deep = new ArrayList<>();
        for (int i = 0; i < 100_000; i++) {
            List<Object> outer = new ArrayList<>();
            outer.add(deep);
            deep = outer;
        }
        ChatTemplate template = ChatTemplate.compile("x");
        List<Object> nested = deep;
        assertThat(catchThrowableOfType(TemplateException.class, () -> template.render(Map.of("messages", nested)))
                        .what())
                .isEqualTo("input 'messages' nested deeper than 200");
        assertThat(catchThrowableOfType(TemplateException.class, () -> template.render(Map.of("x", new Object())))
                        .what())
                .contains("found java.lang.Object, expected a map");
        assertThat(catchThrowableOfType(TemplateException.class, () -> template.render(Map.of("x", Map.of(1, 2))))
                        .what())
                .contains("a key that is no string");
    }

    @Test
    void doesNotReachClassesOrMethodsOfJava() {
        for (String source : List.of(
                "{{ ''.class }}",
                "{{ messages.getClass }}",
                "{{ x.__class__ }}",
                "{{ [].__init__ }}",
                "{{ ''['class'] }}")) {
            assertThat(Fixtures.render(source, Map.of("messages", List.of(), "x", "y")))
                    .isEmpty();
        }
    }

    @Test
    void keepsTheCallersInputAsItWas() {
        List<Object> list = new ArrayList<>(List.of(1, 2));
        Map<String, Object> map = new HashMap<>(Map.of("a", 1));
        Fixtures.render(
                "{% set _ = l.append(3) %}{% set _ = l.pop(0) %}{% set _ = d.update(b=1) %}{% set _ = d.pop('a') %}",
                Map.of("l", list, "d", map));
        assertThat(list).containsExactly(1, 2);
        assertThat(map).containsExactly(Map.entry("a", 1));
    }

    @Test
    void keepsControlCharactersAndLongWordsOutOfMessages() {
        TemplateException escape = failure("{{ \u001b }}");
        assertThat(escape).hasMessage("template chat_template, line 1: unexpected character '?'");
        TemplateException raised = failure("{{ raise_exception('a\\nb' ~ 'x' * 9999) }}");
        assertThat(raised.what()).startsWith("a\nbx").hasSize(10_002);
        assertThat(raised.getMessage())
                .startsWith("template chat_template, line 1: a?bx")
                .hasSizeLessThan(1100);
    }
}
