package org.ryzanstein.server.http;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Map.Entry;
import java.util.function.Predicate;

/**
 * Fields that would change the answer and are not supported: refused, unless they ask for what happens anyway. Fields that
 * are not listed here and not read (user, metadata, store and the like) do not change the answer and are ignored.
 */
final class Unsupported {

    /** Names that other servers give to what this one calls otherwise. */
    private static final Map<String, String> OTHER_NAMES = Map.of(
            "repeat_penalty", "repetition_penalty",
            "n_predict", "max_tokens",
            "max_new_tokens", "max_tokens",
            "stop_sequences", "stop");

    private static final Map<String, Predicate<JsonNode>> EVERYWHERE = everywhere();
    private static final Map<String, Predicate<JsonNode>> IN_CHAT = inChat();
    private static final Map<String, Predicate<JsonNode>> IN_COMPLETIONS = inCompletions();

    private Unsupported() {}

    private static boolean neverHarmless(JsonNode value) {
        return false;
    }

    private static boolean isEmpty(JsonNode value) {
        return value.isContainerNode() && value.isEmpty();
    }

    private static boolean isFalse(JsonNode value) {
        return value.isBoolean() && !value.booleanValue();
    }

    static void refuseInChat(Fields fields) {
        refuse(fields, EVERYWHERE);
        refuse(fields, IN_CHAT);
    }

    static void refuseInCompletions(Fields fields) {
        refuse(fields, EVERYWHERE);
        refuse(fields, IN_COMPLETIONS);
    }

    private static void refuse(Fields fields, Map<String, Predicate<JsonNode>> refused) {
        for (Entry<String, Predicate<JsonNode>> entry : refused.entrySet()) {
            JsonNode value = fields.value(entry.getKey());
            if (value != null && !entry.getValue().test(value)) {
                String other = OTHER_NAMES.get(entry.getKey());
                throw ApiException.unsupported(
                        fields.path(entry.getKey()),
                        other == null ? "not supported by this server; leave it out" : "here this is called " + other);
            }
        }
    }

    private static Map<String, Predicate<JsonNode>> everywhere() {
        Map<String, Predicate<JsonNode>> fields = new LinkedHashMap<>();
        fields.put("response_format", value -> "text".equals(value.path("type").asText()));
        for (String name : new String[] {
            "grammar",
            "json_schema",
            "structured_outputs",
            "guided_json",
            "guided_regex",
            "guided_choice",
            "guided_grammar",
            "min_tokens",
            "stop_token_ids",
            "typical_p",
            "mirostat",
            "lora",
            "length_penalty",
            "bad_words",
            "allowed_token_ids",
            "prompt_logprobs",
            "truncate_prompt_tokens"
        }) {
            fields.put(name, Unsupported::neverHarmless);
        }
        fields.put("use_beam_search", Unsupported::isFalse);
        OTHER_NAMES.keySet().stream().sorted().forEach(name -> fields.put(name, Unsupported::neverHarmless));
        return fields;
    }

    private static Map<String, Predicate<JsonNode>> inChat() {
        Map<String, Predicate<JsonNode>> fields = new LinkedHashMap<>();
        fields.put("tools", Unsupported::isEmpty);
        fields.put("functions", Unsupported::isEmpty);
        Predicate<JsonNode> noTool =
                value -> value.asText().equals("none") || value.asText().equals("auto");
        fields.put("tool_choice", noTool);
        fields.put("function_call", noTool);
        fields.put(
                "modalities",
                value -> value.size() == 1 && value.get(0).asText().equals("text"));
        fields.put("audio", Unsupported::neverHarmless);
        fields.put("reasoning_effort", Unsupported::neverHarmless);
        fields.put("verbosity", Unsupported::neverHarmless);
        fields.put("web_search_options", Unsupported::neverHarmless);
        fields.put("chat_template", Unsupported::neverHarmless);
        fields.put("chat_template_kwargs", Unsupported::isEmpty);
        fields.put("documents", Unsupported::isEmpty);
        fields.put("continue_final_message", Unsupported::isFalse);
        fields.put("add_generation_prompt", value -> value.isBoolean() && value.booleanValue());
        return fields;
    }

    private static Map<String, Predicate<JsonNode>> inCompletions() {
        Map<String, Predicate<JsonNode>> fields = new LinkedHashMap<>();
        fields.put("suffix", value -> value.isTextual() && value.textValue().isEmpty());
        fields.put("prompt_embeds", Unsupported::neverHarmless);
        return fields;
    }
}
