package org.ryzanstein.loader.tokenizer;

import java.util.ArrayList;
import java.util.List;

/**
 * A vocabulary for tests as GGUF metadata: ids 0 to 255 are the bytes in their order, then the merges' results, then
 * whatever a test adds.
 */
final class SmallVocabulary {
    static final int FIRST_MERGED = 256;

    private final List<String> tokens = new ArrayList<>();
    private final List<Integer> types = new ArrayList<>();
    private final List<String> merges = new ArrayList<>();

    /** @param merges such as "h e" */
    SmallVocabulary(String... merges) {
        for (int value = 0; value < 256; value++) {
            add(String.valueOf(ByteAlphabet.character(value)), TokenKind.NORMAL);
        }
        for (String merge : merges) {
            this.merges.add(merge);
            String merged = merge.replace(" ", "");
            if (!tokens.contains(merged)) {
                add(merged, TokenKind.NORMAL);
            }
        }
    }

    SmallVocabulary add(String token, TokenKind kind) {
        tokens.add(token);
        types.add(List.of(TokenKind.values()).indexOf(kind) + 1);
        return this;
    }

    int id(String token) {
        return tokens.indexOf(token);
    }

    MapMetadata metadata() {
        return new MapMetadata()
                .with("model", "gpt2")
                .with("pre", "gpt-2")
                .with("tokens", List.copyOf(tokens))
                .with("token_type", types.stream().mapToInt(type -> type).toArray())
                .with("merges", List.copyOf(merges));
    }

    Tokenizer tokenizer() {
        return Tokenizers.fromGguf(metadata());
    }
}
