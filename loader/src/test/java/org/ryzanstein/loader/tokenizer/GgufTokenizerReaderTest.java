package org.ryzanstein.loader.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.AbstractList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.ryzanstein.loader.format.ModelFormatException;

class GgufTokenizerReaderTest {
    private final MapMetadata metadata = new SmallVocabulary("h e").metadata();

    @Test
    void framesATextAsTheFileSays() {
        EncodeOptions framed = new EncodeOptions(true, false);
        metadata.with("bos_token_id", 1).with("eos_token_id", 2);
        assertThat(Tokenizers.fromGguf(metadata).encode("a", framed)).containsExactly('a');
        metadata.with("add_bos_token", true).with("add_eos_token", true);
        assertThat(Tokenizers.fromGguf(metadata).encode("a", framed)).containsExactly(1, 'a', 2);
        assertThat(Tokenizers.fromGguf(metadata).encode("a", new EncodeOptions(false, true)))
                .containsExactly('a');
        metadata.without("add_bos_token").with("pre", "llama-bpe").with("add_eos_token", false);
        assertThat(Tokenizers.fromGguf(metadata).encode("a", framed)).containsExactly(1, 'a');
    }

    @ParameterizedTest
    @ValueSource(strings = {"bert", "t5", "rwkv", ""})
    void refusesOtherKindsByName(String model) {
        refused(
                "tokenizer.ggml.model: found \"" + model + "\", expected \"gpt2\" (byte-level BPE) or \"llama\"",
                metadata.with("model", model));
    }

    @Test
    void refusesUnknownPreTokenizersByName() {
        refused("tokenizer.ggml.pre: found \"tekken\", expected one of a.x-4.0, ", metadata.with("pre", "tekken"));
    }

    @Test
    void aMissingPreTokenizerIsTheDefault() {
        assertThat(Tokenizers.fromGguf(metadata.without("pre")).describe()).contains("pre-tokenizer default");
        assertThat(Tokenizers.fromGguf(metadata.with("pre", "")).describe()).contains("pre-tokenizer default");
    }

    @Test
    void withoutTypesAllTokensAreText() {
        assertThat(Tokenizers.fromGguf(metadata.without("token_type")).vocabularySize())
                .isEqualTo(257);
    }

    @ParameterizedTest
    @ValueSource(strings = {"model", "tokens", "merges"})
    void refusesMissingKeys(String key) {
        refused("tokenizer.ggml." + key + ": found nothing, expected it to be there", metadata.without(key));
    }

    @Test
    void refusesTypesThatDoNotFit() {
        refused("token_type: found 3 types, expected 257", metadata.with("token_type", new int[3]));
        refused("token_type: found type 0 of token 0, expected 1 to 6", metadata.with("token_type", new int[257]));
        int[] types = new int[257];
        Arrays.fill(types, 6);
        refused("tokens: found byte token 0 spelled \"Ā\"", metadata.with("token_type", types));
    }

    @Test
    void refusesMergesOfUnknownTokens() {
        refused("merges: found merge 0 with \"xy\", expected tokens of", metadata.with("merges", List.of("xy e")));
        refused("merges: found merge 1 with \"xy\"", metadata.with("merges", List.of("h e", "x y")));
        refused("merges: found merge 0 \"he\", expected two tokens", metadata.with("merges", List.of("he")));
        refused("merges: found merge 0 \"\"", metadata.with("merges", List.of("")));
        refused(
                "merges: found the pair \"h\" \"e\" as merge 0 and as merge 1",
                metadata.with("merges", List.of("h e", "h e")));
    }

    @Test
    void refusesTokensThatAreNotDistinct() {
        metadata.without("token_type").with("merges", List.of());
        refused("tokens: found \"a\" as token 0 and as token 2", metadata.with("tokens", List.of("a", "b", "a")));
        refused("tokens: found 0 tokens", metadata.with("tokens", List.of()));
        refused("tokens: found token 0 with 65537 characters", metadata.with("tokens", List.of("a".repeat(65537))));
        refused("tokens: found token 0 with half a surrogate pair", metadata.with("tokens", List.of("\uD800")));
    }

    @Test
    void refusesListsBeyondAnyVocabulary() {
        refused(
                "tokens: found 4194305 tokens, expected 1 to 4194304",
                metadata.without("token_type").with("tokens", endless("a", Vocabulary.MAX_TOKENS + 1)));
        MapMetadata merges = new SmallVocabulary().metadata().with("merges", endless("a b", MergeTable.MAX_MERGES + 1));
        refused("merges: found 16777217 merges, expected at most 16777216", merges);
    }

    @ParameterizedTest
    @ValueSource(strings = {"bos_token_id", "eos_token_id", "eot_token_id", "eom_token_id"})
    void refusesIdsOutsideTheVocabulary(String key) {
        refused("tokenizer.ggml." + key + ": found 257, expected an id below 257", metadata.with(key, 257));
        refused("tokenizer.ggml." + key + ": found -1", metadata.with(key, -1));
        refused("tokenizer.ggml." + key + ": found 4294967296", metadata.with(key, 1L << 32));
    }

    @Test
    void refusesFramingWithoutAToken() {
        refused(
                "bos_token_id: found nothing, expected a token id, since one is to be added; or set"
                        + " tokenizer.ggml.add_bos_token to false",
                metadata.with("add_bos_token", true));
        refused(
                "eos_token_id: found nothing",
                metadata.with("add_bos_token", false).with("add_eos_token", true));
    }

    private static void refused(String message, MapMetadata metadata) {
        assertThatThrownBy(() -> Tokenizers.fromGguf(metadata))
                .isInstanceOf(ModelFormatException.class)
                .hasMessageStartingWith("test.gguf: ")
                .hasMessageContaining(message);
    }

    private static List<String> endless(String value, int size) {
        return new AbstractList<>() {
            @Override
            public String get(int index) {
                return value;
            }

            @Override
            public int size() {
                return size;
            }
        };
    }
}
