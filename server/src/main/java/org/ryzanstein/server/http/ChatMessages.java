package org.ryzanstein.server.http;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.ryzanstein.server.chat.ChatMessage;

/** Reads the field {@code messages} of a chat request. */
final class ChatMessages {
    private static final int MAX_MESSAGES = 4096;
    private static final Set<String> ROLES = Set.of("system", "developer", "user", "assistant");

    private ChatMessages() {}

    static List<ChatMessage> read(Fields fields) {
        JsonNode value = fields.value("messages");
        if (value == null) {
            throw ApiException.invalid("messages", "missing, expected an array of messages");
        }
        if (!value.isArray() || value.isEmpty() || value.size() > MAX_MESSAGES) {
            throw Fields.mismatch("messages", value, "an array of 1 to " + MAX_MESSAGES + " messages");
        }
        List<ChatMessage> messages = new ArrayList<>();
        for (int i = 0; i < value.size(); i++) {
            messages.add(message(Fields.of(value.get(i), "messages[" + i + "]")));
        }
        return messages;
    }

    private static ChatMessage message(Fields fields) {
        String role = fields.text("role")
                .orElseThrow(() -> ApiException.invalid(
                        fields.path("role"), "missing, expected system, developer, user or assistant"));
        if (role.equals("tool") || role.equals("function")) {
            throw ApiException.unsupported(fields.path("role"), "found '" + role + "', but tools are not supported");
        }
        if (!ROLES.contains(role)) {
            throw ApiException.invalid(
                    fields.path("role"),
                    "found " + Fields.quote(role) + ", expected system, developer, user or assistant");
        }
        for (String field : new String[] {"tool_calls", "function_call", "audio"}) {
            if (fields.has(field)) {
                throw ApiException.unsupported(fields.path(field), "not supported by this server; leave it out");
            }
        }
        return new ChatMessage(role.equals("developer") ? "system" : role, content(fields));
    }

    private static String content(Fields fields) {
        String path = fields.path("content");
        JsonNode content = fields.value("content");
        if (content == null) {
            throw ApiException.invalid(path, "missing, expected a string or an array of text parts");
        }
        if (!content.isArray()) {
            return Fields.text(content, path);
        }
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < content.size(); i++) {
            text.append(part(Fields.of(content.get(i), path + "[" + i + "]")));
        }
        return text.toString();
    }

    private static String part(Fields part) {
        String type = part.text("type")
                .orElseThrow(() -> ApiException.invalid(part.path("type"), "missing, expected 'text'"));
        if (!type.equals("text")) {
            throw ApiException.unsupported(
                    part.path("type"), "found " + Fields.quote(type) + ", but only 'text' is supported");
        }
        return part.text("text")
                .orElseThrow(() -> ApiException.invalid(part.path("text"), "missing, expected a string"));
    }
}
