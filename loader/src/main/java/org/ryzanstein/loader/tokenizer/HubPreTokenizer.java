package org.ryzanstein.loader.tokenizer;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Recognises the {@code pre_tokenizer} of a {@code tokenizer.json}: {@code Split} by an expression that has a splitter
 * here, {@code Digits} one by one, {@code ByteLevel} with or without GPT-2's own expression, and sequences of them. The
 * bytes must come last, for what follows them would see their alphabet instead of the text.
 */
final class HubPreTokenizer {
    /** More stages than any published file has. */
    private static final int MAX_STAGES = 16;

    private static final Map<String, Named> SPLITS = Map.of(
            "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*"
                    + "|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
            new Named("llama3", PreTokenizer.LLAMA3),
            "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*"
                    + "|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
            new Named("qwen2", PreTokenizer.QWEN2),
            "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+",
            new Named("gpt-2", PreTokenizer.GPT2));

    private final Set<String> names = new LinkedHashSet<>();
    private final List<Splitter> stages = new ArrayList<>();
    private boolean bytes;

    private HubPreTokenizer() {}

    /**
     * @param field the {@code pre_tokenizer}
     * @param wholeWords the model's {@code ignore_merges}
     */
    static PreTokenizer read(JsonField field, boolean wholeWords) {
        HubPreTokenizer found = new HubPreTokenizer();
        found.add(field);
        if (!found.bytes) {
            throw field.refused("a ByteLevel stage: only byte-level vocabularies are supported");
        }
        if (found.stages.isEmpty()) {
            throw field.refused("a Split stage, or ByteLevel with use_regex: texts must be cut before merging");
        }
        return new PreTokenizer(String.join(" + ", found.names), found.stages, wholeWords, false);
    }

    private void add(JsonField field) {
        String type = field.get("type").text();
        if (bytes) {
            throw field.refused("nothing behind the ByteLevel stage");
        }
        switch (type) {
            case "Sequence" -> field.get("pretokenizers").elements().forEach(this::add);
            case "Split" -> addSplit(field);
            case "Digits" -> {
                if (!field.get("individual_digits").bool(false)) {
                    throw field.get("individual_digits").refused("true");
                }
                add(field, new Named("digits", PreTokenizer.DIGITS));
            }
            case "ByteLevel" -> {
                field.get("add_prefix_space").requireFalse();
                if (field.get("use_regex").bool(true)) {
                    add(field, new Named("gpt-2", PreTokenizer.GPT2));
                }
                bytes = true;
            }
            default -> throw field.get("type").refused("Sequence, Split, Digits or ByteLevel");
        }
    }

    private void addSplit(JsonField field) {
        JsonField pattern = field.get("pattern").get("Regex");
        Named split = SPLITS.get(pattern.text());
        if (split == null) {
            throw pattern.refused("the expression of "
                    + SPLITS.values().stream().map(Named::name).sorted().collect(Collectors.joining(", ")));
        }
        // These expressions leave out no character, so that to isolate the matches and to remove all else are the same.
        String behavior = field.get("behavior").text();
        boolean inverted = field.get("invert").bool(false);
        if (!(behavior.equals("Isolated") && !inverted) && !(behavior.equals("Removed") && inverted)) {
            throw field.get("behavior").refused("Isolated, not inverted");
        }
        add(field, split);
    }

    private void add(JsonField field, Named split) {
        if (stages.size() == MAX_STAGES) {
            throw field.refused("at most " + MAX_STAGES + " stages");
        }
        names.add(split.name());
        stages.add(split.splitter());
    }

    private record Named(String name, Splitter splitter) {}
}
