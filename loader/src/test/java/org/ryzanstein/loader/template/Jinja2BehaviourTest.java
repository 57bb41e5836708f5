package org.ryzanstein.loader.template;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Every construct of the engine against what real Jinja2 makes of it. */
class Jinja2BehaviourTest {
    @TestFactory
    Stream<DynamicTest> behavesAsJinja2() {
        JsonNode file = Fixtures.json("jinja2-behaviour.json");
        Map<String, @Nullable Object> variables = Fixtures.map(file.get("vars"));
        return StreamSupport.stream(file.get("cases").spliterator(), false)
                .map(one -> DynamicTest.dynamicTest(one.get("template").asText(), () -> check(one, variables)));
    }

    private static void check(JsonNode one, Map<String, @Nullable Object> variables) {
        String template = one.get("template").asText();
        if (one.has("output")) {
            assertThat(Fixtures.render(template, variables))
                    .isEqualTo(one.get("output").asText());
            return;
        }
        TemplateException e = catchThrowableOfType(TemplateException.class, () -> Fixtures.render(template, variables));
        assertThat(e.kind())
                .isEqualTo(
                        one.path("raised").asBoolean() ? TemplateException.Kind.RAISED : TemplateException.Kind.FAILED);
        assertThat(e.what()).contains(one.get("error").asText().split(" \\(")[0]);
        assertThat(e.line()).isEqualTo(1);
    }
}
