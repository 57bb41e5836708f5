package org.ryzanstein.loader.template;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestReporter;

/** Renders real chat templates and compares with what real Jinja2 made of them. */
class RealTemplatesTest {
    /** One template and conversation that did not come out as it should. */
    private record Mismatch(String template, String rendering, String found, String expected) {}

    private final List<Mismatch> mismatches = new ArrayList<>();
    private int renderings;

    @Test
    void rendersTheStoredConversationsAsJinja2Does(TestReporter reporter) {
        JsonNode file = Fixtures.json("rendered.json");
        compare(file);
        report(reporter, file.get("templates").size());
        assertThat(mismatches).isEmpty();
        assertThat(renderings).isEqualTo(259);
    }

    @Test
    void rendersToolCallsReasoningAndPartsAsJinja2Does(TestReporter reporter) {
        JsonNode file = Fixtures.json("rendered-more.json");
        compare(file);
        report(reporter, file.get("templates").size());
        assertThat(mismatches).isEmpty();
        assertThat(renderings).isEqualTo(802);
    }

    private void report(TestReporter reporter, int templates) {
        reporter.publishEntry(
                "chat templates",
                templates + " templates, " + (renderings - mismatches.size()) + " of " + renderings
                        + " renderings equal");
    }

    private void compare(JsonNode file) {
        for (Map.Entry<String, JsonNode> template : file.get("templates").properties()) {
            ChatTemplate compiled = ChatTemplate.compile(template.getKey(), Fixtures.template(template.getKey()));
            for (Map.Entry<String, JsonNode> rendering : template.getValue().properties()) {
                compare(file, compiled, rendering.getKey(), rendering.getValue());
            }
        }
    }

    private void compare(JsonNode file, ChatTemplate template, String rendering, JsonNode expected) {
        renderings++;
        String text;
        try {
            text = template.renderText(input(file, rendering), Fixtures.CLOCK);
        } catch (TemplateException e) {
            if (!expected.has("error") || !agrees(e, expected)) {
                mismatches.add(new Mismatch(template.name(), rendering, e.what(), expected.toString()));
            }
            return;
        }
        JsonNode output = expected.path("output");
        String wanted = output.isInt() ? file.get("outputs").get(output.asInt()).asText() : output.asText();
        if (expected.has("error") || !text.equals(wanted)) {
            mismatches.add(new Mismatch(template.name(), rendering, text, wanted));
        }
    }

    /** What a template raises is told word for word; other failures have words of their own. */
    private static boolean agrees(TemplateException e, JsonNode expected) {
        boolean raised = expected.path("raised").asBoolean(false)
                || expected.get("error").asText().equals("System role not supported");
        return raised == (e.kind() == TemplateException.Kind.RAISED)
                && (!raised || e.what().equals(expected.get("error").asText()));
    }

    /** A rendering's name lists the conversation, {@code gen}, {@code tools} and a set of options. */
    private static Map<String, Object> input(JsonNode file, String rendering) {
        List<String> parts = Arrays.asList(rendering.split("\\+"));
        Map<String, Object> input = new TreeMap<>();
        for (String name : List.of("bos_token", "eos_token", "date_string")) {
            input.put(name, file.get(name).asText());
        }
        input.put("messages", Fixtures.plain(file.get("conversations").get(parts.getFirst())));
        input.put("add_generation_prompt", parts.contains("gen"));
        if (parts.contains("tools")) {
            input.put("tools", Fixtures.plain(file.get("tools")));
        }
        JsonNode options = file.path("options").path(parts.getLast());
        options.properties().forEach(option -> input.put(option.getKey(), Fixtures.plain(option.getValue())));
        return input;
    }

    @Test
    void rendersTheConversationsOfLlamaCpp(TestReporter reporter) {
        JsonNode file = Fixtures.json("chat-template-cases.json");
        int checked = 0;
        for (JsonNode one : file.get("cases")) {
            if (!one.get("jinja2").asText().equals("equal")) {
                continue;
            }
            checked++;
            Map<String, Object> input = Map.of(
                    "messages", Fixtures.plain(file.get("conversation")),
                    "add_generation_prompt", true,
                    "bos_token", one.get("bos_token").asText(),
                    "eos_token", one.get("eos_token").asText());
            String jinja = one.path("expected_jinja").asText("");
            assertThat(Fixtures.render(one.get("template").asText(), input))
                    .as(one.get("name").asText())
                    .isIn(jinja, one.get("expected").asText());
        }
        reporter.publishEntry("chat templates", checked + " conversations of llama.cpp equal");
        assertThat(checked).isEqualTo(19);
    }
}
