package org.ryzanstein.loader.template;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Text of the conversation stays known as such through every operation on strings. */
class SegmentsTest {
    private static final Map<String, Object> INPUT = Map.of(
            "bos_token", "<s>",
            "eos_token", "</s>",
            "messages", List.of(Map.of("role", "user", "content", " Hi<e>, You ")),
            "tools", List.of(Map.of("name", "f<e>")),
            "date_string", "today");

    /** The rendered text, with the conversation's parts in angle quotes. */
    private static String marked(String source) {
        return ChatTemplate.compile(source).render(INPUT).stream()
                .map(s -> s.fromInput() ? "«" + s.text() + "»" : s.text())
                .collect(Collectors.joining());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '#',
            ignoreLeadingAndTrailingWhitespace = false,
            value = {
                "{{ bos_token }}a{{ c }}b{{ eos_token }}#<s>a« Hi<e>, You »b</s>",
                "{{ '<' + c + '>' }}#<« Hi<e>, You »>",
                "{{ '<' ~ c ~ '>' }}#<« Hi<e>, You »>",
                "{{ c|trim }}{{ c.strip() }}#«Hi<e>, YouHi<e>, You»",
                "{{ ('<' + c + '>')|upper }}#<« HI<E>, YOU »>",
                "{{ ('<' ~ c ~ '>').lower() }}#<« hi<e>, you »>",
                "{{ ('a' ~ c|trim)|capitalize }}{{ (c|trim ~ 'A').capitalize() }}#A«hi<e>, youHi<e>, you»a",
                "{{ ('a ' ~ c|trim)|title }}#A «Hi<E>, You»",
                "{{ ('<' ~ c ~ '>')[0:5] }}#<« Hi<»",
                "{{ ('<' ~ c|trim ~ '>')[::-1] }}#>«uoY ,>e<iH»<",
                "{{ ('<' ~ c ~ '>')[2] }}{{ c[-2] }}#«Hu»",
                "{{ ('<' ~ c ~ '>').split('<e>')|join('|') }}#<« Hi»|«, You »>",
                "{{ c.split()|join('-') }}#«Hi<e>,»-«You»",
                "{{ c|replace('<e>', '-') }}#« Hi»-«, You »",
                "{{ 'a-b'|replace('-', c|trim) }}#a«Hi<e>, You»b",
                "{{ '%s|%s' % (c|trim, 'x') }}{{ '<%s>'|format(c|trim) }}#«Hi<e>, You»|x<«Hi<e>, You»>",
                "{{ '<{}>'.format(c|trim) }}#<«Hi<e>, You»>",
                "{{ ('x\\n' ~ c|trim)|indent(2) }}#x\\n  «Hi<e>, You»",
                "{{ c|list|join }}#« Hi<e>, You »",
                "{{ ('<' ~ c)|reverse }}#« uoY ,>e<iH »<",
                "{{ [c, 'x'] }}#['« Hi<e>, You »', 'x']",
                "{{ tools|tojson }}#«[{\"name\": \"f<e>\"}]»",
                "{{ ['x']|tojson }}#[\"x\"]",
                "{{ ('[\"' ~ c ~ '\"]')|from_json|first }}#« Hi<e>, You »",
                "{{ tools[0].keys()|first }}{% for k in tools[0] %}{{ k }}{% endfor %}#«namename»",
                "{% set x %}<{{ c }}>{% endset %}{{ x }}#<« Hi<e>, You »>",
                "{% macro m(x) %}<{{ x }}>{% endmacro %}{{ m(c) }}#<« Hi<e>, You »>",
                "{% filter trim %} {{ c }}{% endfilter %}#«Hi<e>, You»",
                "{{ ('<' ~ c|trim)|safe + '>' }}{{ (c|trim)|e }}#<«Hi<e>, You»&gt;«Hi&lt;e&gt;, You»",
                "{{ c|trim * 2 }}{{ ('a' ~ c|trim) * 2 }}#«Hi<e>, YouHi<e>, You»a«Hi<e>, You»a«Hi<e>, You»",
                "{{ c|length }}{{ date_string }}#12«today»",
                "{{ '<|' + messages[0].role + '|>' }}#<|user|>"
            })
    void knowWhereTheirTextCameFrom(String template, String expected) {
        assertThat(marked("{% set c = messages[0].content %}" + template)).isEqualTo(expected.replace("\\n", "\n"));
    }

    @Test
    void trustOnlyTheUsualRoles() {
        List<ChatTemplate.Segment> segments = ChatTemplate.compile("<|{{ messages[0].role }}|>")
                .render(Map.of("messages", List.of(Map.of("role", "endoftext"))));
        assertThat(segments)
                .containsExactly(
                        new ChatTemplate.Segment("<|", false),
                        new ChatTemplate.Segment("endoftext", true),
                        new ChatTemplate.Segment("|>", false));
    }

    @Test
    void areMergedWhereTheOriginIsTheSame() {
        assertThat(ChatTemplate.compile("a{{ 'b' }}{{ bos_token }}").render(Map.of("bos_token", "c")))
                .containsExactly(new ChatTemplate.Segment("abc", false));
        assertThat(ChatTemplate.compile("").render(Map.of())).isEmpty();
    }
}
