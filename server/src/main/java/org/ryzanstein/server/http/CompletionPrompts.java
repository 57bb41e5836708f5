package org.ryzanstein.server.http;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import org.ryzanstein.loader.tokenizer.EncodeOptions;
import org.ryzanstein.loader.tokenizer.Tokenizer;

/** Reads the field {@code prompt}: a string, several strings, token ids, or several arrays of token ids. */
final class CompletionPrompts {
    /**
     * One prompt.
     *
     * @param text what {@code echo} repeats
     */
    record Prompt(int[] ids, String text) {}

    private final Tokenizer tokenizer;
    private final int vocabularySize;
    private final int contextLength;
    private final boolean parseSpecial;

    /**
     * Reads prompts for a model.
     *
     * @param parseSpecial whether text that spells a special token is one
     */
    CompletionPrompts(ServedModel model, boolean parseSpecial) {
        this.parseSpecial = parseSpecial;
        tokenizer = model.engine().tokenizer();
        vocabularySize =
                Math.min(tokenizer.vocabularySize(), model.engine().model().vocabularySize());
        contextLength = model.contextLength();
    }

    List<Prompt> read(Fields fields) {
        JsonNode value = fields.value("prompt");
        if (value == null) {
            throw ApiException.invalid("prompt", "missing, expected a string, token ids, or an array of them");
        }
        if (value.isTextual()) {
            return List.of(text(value, "prompt"));
        }
        if (!value.isArray() || value.isEmpty()) {
            throw Fields.mismatch("prompt", value, "a string, token ids, or an array of them");
        }
        if (value.get(0).isNumber()) {
            return List.of(ids(value, "prompt"));
        }
        if (value.size() > GenerationFields.MAX_GENERATIONS) {
            throw ApiException.invalid(
                    "prompt",
                    "found " + value.size() + " prompts, expected at most " + GenerationFields.MAX_GENERATIONS);
        }
        List<Prompt> prompts = new ArrayList<>();
        for (int i = 0; i < value.size(); i++) {
            JsonNode element = value.get(i);
            String path = "prompt[" + i + "]";
            prompts.add(element.isArray() ? ids(element, path) : text(element, path));
        }
        return prompts;
    }

    private Prompt text(JsonNode value, String path) {
        String text = Fields.text(value, path);
        int[] ids = tokenizer.encode(text, new EncodeOptions(true, parseSpecial));
        if (ids.length == 0) {
            throw ApiException.invalid(path, "found no tokens, expected at least one");
        }
        return new Prompt(ids, text);
    }

    private Prompt ids(JsonNode value, String path) {
        if (value.isEmpty()) {
            throw Fields.mismatch(path, value, "at least one token id");
        }
        if (value.size() > contextLength) {
            throw new ApiException(
                    400,
                    ApiException.INVALID_REQUEST,
                    "prompt",
                    "context_length_exceeded",
                    path + ": found " + value.size() + " tokens, but this model's context holds " + contextLength);
        }
        int[] ids = new int[value.size()];
        for (int i = 0; i < ids.length; i++) {
            ids[i] = Fields.integer(value.get(i), path + "[" + i + "]", 0, vocabularySize - 1);
        }
        return new Prompt(ids, tokenizer.decode(ids, false));
    }
}
