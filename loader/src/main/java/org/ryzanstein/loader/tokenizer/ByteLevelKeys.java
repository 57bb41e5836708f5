package org.ryzanstein.loader.tokenizer;

import java.util.ArrayList;
import java.util.List;

/** Says in GGUF's keys what a {@code tokenizer.json} with byte-level BPE says. */
final class ByteLevelKeys {
    /** Names of {@code tokenizer.ggml.pre} that stand for their families; the first that fits is written. */
    private static final List<String> PREFERRED =
            List.of("llama-bpe", "smaug-bpe", "qwen2", "gpt-2", "starcoder", "default");

    private ByteLevelKeys() {}

    static void of(TokenizerJson json, GgufKeys keys, TokenTable table, List<String> notes) {
        json.vocabulary().forEach((token, id) -> table.put(id, token, TokenKind.NORMAL));
        table.addAll(json.rest().get("added_tokens"));
        List<String> merges = new ArrayList<>();
        for (int i = 0; i < json.merges().size(); i += 2) {
            merges.add(json.merges().get(i) + " " + json.merges().get(i + 1));
        }
        keys.with(GgufVocabulary.PREFIX + "model", "gpt2")
                .with(GgufVocabulary.PREFIX + "pre", preTokenizer(json))
                .with(GgufVocabulary.PREFIX + "tokens", table.tokens())
                .with(GgufVocabulary.PREFIX + "token_type", table.types())
                .with(GgufVocabulary.PREFIX + "merges", merges);
        if (json.rest().get("normalizer").isPresent()) {
            notes.add(
                    "GGUF has no key for the normalizer of tokenizer.json: text that is not in Unicode's composed form"
                            + " may be cut into other tokens, as in llama.cpp");
        }
    }

    private static String preTokenizer(TokenizerJson json) {
        JsonField field = json.rest().get("pre_tokenizer");
        PreTokenizer found =
                HubPreTokenizer.read(field, json.model().get("ignore_merges").bool(false));
        for (String name : PREFERRED) {
            PreTokenizer known = PreTokenizer.ofGguf(name).orElseThrow();
            if (known.stages().equals(found.stages()) && known.wholeWords() == found.wholeWords()) {
                return name;
            }
        }
        throw field.refused("a way of cutting text that tokenizer.ggml.pre has a name for: one of " + PREFERRED);
    }
}
