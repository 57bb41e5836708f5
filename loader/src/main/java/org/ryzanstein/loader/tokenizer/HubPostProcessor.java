package org.ryzanstein.loader.tokenizer;

import java.util.ArrayList;
import java.util.List;
import org.ryzanstein.loader.format.ModelFormatException;

/**
 * The tokens that the {@code post_processor} of a {@code tokenizer.json} puts around a single text.
 *
 * @param prefix ids before it
 * @param suffix ids behind it
 */
record HubPostProcessor(List<Integer> prefix, List<Integer> suffix) {
    /** They are put around every text, and a short file can name a long list of them many times. */
    private static final int MAX_TOKENS = 64;

    /**
     * @param field the {@code post_processor}
     * @param limit the size of the vocabulary
     */
    static HubPostProcessor read(JsonField field, int limit) {
        HubPostProcessor around = new HubPostProcessor(new ArrayList<>(), new ArrayList<>());
        around.add(field, limit);
        return around;
    }

    private void add(JsonField field, int limit) {
        if (!field.isPresent()) {
            return;
        }
        switch (field.get("type").text()) {
            case "ByteLevel" -> {} // concerns offsets only
            case "Sequence" -> field.get("processors").elements().forEach(processor -> add(processor, limit));
            case "TemplateProcessing" -> addTemplate(field, limit);
            default -> throw field.get("type").refused("TemplateProcessing, ByteLevel or Sequence");
        }
    }

    private static ModelFormatException tooMany(JsonField field) {
        return ModelFormatException.of(
                field.file(), field.path(), "more tokens around a text", "at most " + MAX_TOKENS);
    }

    private void addTemplate(JsonField field, int limit) {
        List<Integer> before = new ArrayList<>();
        List<Integer> behind = new ArrayList<>();
        int texts = 0;
        for (JsonField part : field.get("single").elements()) {
            if (part.get("Sequence").isPresent()) {
                texts++;
                continue;
            }
            String name = part.get("SpecialToken").get("id").text();
            for (JsonField id : field.get("special_tokens").get(name).get("ids").elements()) {
                if (before.size() + behind.size() == MAX_TOKENS) {
                    throw tooMany(field);
                }
                (texts == 0 ? before : behind).add(id.id(limit));
            }
            if (!field.get("special_tokens").get(name).isPresent()) {
                throw field.get("special_tokens").get(name).refused("the ids of this special token");
            }
        }
        if (texts != 1) {
            throw field.get("single").refused("one Sequence, the text");
        }
        prefix.addAll(0, before);
        suffix.addAll(behind);
        if (prefix.size() + suffix.size() > MAX_TOKENS) {
            throw tooMany(field);
        }
    }
}
