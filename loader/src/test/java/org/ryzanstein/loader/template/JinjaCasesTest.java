package org.ryzanstein.loader.template;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** The small cases of llama.cpp's Jinja tests, which real Jinja2 passes as well. */
class JinjaCasesTest {
    /** The variables of these were stored after the template had changed them. */
    private static final Map<String, Map<String, List<String>>> BEFORE = Map.of(
            "array.pop() last", Map.of("arr", List.of("a", "b", "c")),
            "array.pop() with index", Map.of("arr", List.of("a", "b", "c")),
            "array.append()", Map.of("arr", List.of("a", "b", "c")));

    @TestFactory
    Stream<DynamicTest> renders() {
        JsonNode cases = Fixtures.json("jinja-cases.json").get("cases");
        assertThat(cases).hasSize(194);
        return StreamSupport.stream(cases.spliterator(), false)
                .map(one -> DynamicTest.dynamicTest(one.get("name").asText(), () -> check(one)));
    }

    private static void check(JsonNode one) {
        Map<String, ? extends @Nullable Object> variables =
                BEFORE.getOrDefault(one.get("name").asText(), Map.of());
        String text = Fixtures.render(
                one.get("template").asText(), variables.isEmpty() ? Fixtures.map(one.get("vars")) : variables);
        assertThat(text).isEqualTo(one.get("expected").asText());
    }
}
