package org.ryzanstein.loader.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.ryzanstein.loader.format.ModelFormatException;

class SentencePieceTokenizerTest {
    private static final EncodeOptions PLAIN = new EncodeOptions(false, false);
    private static final EncodeOptions SPECIAL = new EncodeOptions(false, true);
    private static final int BYTE_0 = 3; // the id of <0x00>

    private final MapMetadata metadata = TinySentencePiece.metadata("plain");
    private final Tokenizer tokenizer = Tokenizers.fromGguf(metadata);

    @Test
    void describesItself() {
        assertThat(tokenizer.describe()).isEqualTo("SentencePiece BPE, 700 tokens, byte fallback");
        assertThat(Tokenizers.fromGguf(TinySentencePiece.metadata("bare")
                                .with("add_bos_token", false)
                                .with("remove_extra_whitespaces", true))
                        .describe())
                .isEqualTo("SentencePiece BPE, 600 tokens, byte fallback, no space prefix, extra spaces removed");
        assertThat(tokenizer.vocabularySize()).isEqualTo(700);
        assertThat(tokenizer.token(BYTE_0 + 10)).isEqualTo("<0x0A>");
        assertThat(tokenizer.bytes(BYTE_0 + 10)).containsExactly('\n');
        assertThat(tokenizer.bytes(id("▁the"))).containsExactly(' ', 't', 'h', 'e');
        assertThat(tokenizer.isControl(1)).isTrue();
        assertThat(tokenizer.isControl(BYTE_0)).isFalse();
        assertThat(tokenizer.bos()).hasValue(1);
        assertThat(tokenizer.eos()).hasValue(2);
        assertThat(tokenizer.endOfGeneration()).containsExactly(2);
    }

    @Test
    void framesATextAsTheFileSaysAndElseWithItsBeginning() {
        EncodeOptions framed = new EncodeOptions(true, false);
        assertThat(tokenizer.encode("the", framed)).containsExactly(1, id("▁the"));
        assertThat(tokenizer.encode("", framed)).containsExactly(1);
        metadata.with("add_bos_token", false).with("add_eos_token", true).with("eos_token_id", 1);
        assertThat(Tokenizers.fromGguf(metadata).encode("the", framed)).containsExactly(id("▁the"), 1);
    }

    @Test
    void aSpaceGoesBeforeEveryStretchBetweenSpecialTokens() {
        assertThat(tokenizer.encode("the</s>the", SPECIAL)).containsExactly(id("▁the"), 2, id("▁the"));
        assertThat(tokenizer.encode("</s></s>", SPECIAL)).containsExactly(2, 2);
        Tokenizer bare = Tokenizers.fromGguf(metadata.with("add_space_prefix", false));
        assertThat(bare.encode("</s> the", SPECIAL)).containsExactly(2, id("▁the"));
        assertThat(bare.decode(new int[] {id("▁the")}, false)).isEqualTo(" the");
    }

    @Test
    void textCannotForgeControlOrByteTokens() {
        assertThat(tokenizer.encode("</s><s><unk><0x0A>", PLAIN)).doesNotContain(0, 1, 2, BYTE_0 + 10);
        int[] types = {3, 1, 1, 1, 1, 1, 2};
        MapMetadata forged = vocabulary(List.of("<s>", "<", "s", ">", "<s", "s>", "<unk>"), types);
        assertThat(Tokenizers.fromGguf(forged.with("add_space_prefix", false)).encode("<s>", PLAIN))
                .containsExactly(4, 3);
    }

    @Test
    void userDefinedTokensAreMatchedAlways() {
        MapMetadata user = vocabulary(List.of("  ", "a", "▁"), new int[] {4, 1, 1});
        assertThat(Tokenizers.fromGguf(user).encode("a  a", PLAIN)).containsExactly(2, 1, 0, 2, 1);
        assertThat(Tokenizers.fromGguf(user).decode(new int[] {2, 1, 0, 1}, false))
                .isEqualTo("a  a");
    }

    @Test
    void phi3DropsTheSpaceBehindSpecialTokens() {
        assertThat(tokenizer.encode("</s>  the", SPECIAL)).hasSize(3);
        metadata.withOther("general.name", "Phi-3 Mini");
        assertThat(Tokenizers.fromGguf(metadata).encode("</s> \n the", SPECIAL)).containsExactly(2, id("▁the"));
        assertThat(Tokenizers.fromGguf(metadata).encode("<s>  the", SPECIAL)).hasSize(3);
    }

    @Test
    void theHighestScoreMergesFirstAndOfEqualOnesTheLeftmost() {
        List<String> pieces = List.of("a", "b", "c", "ab", "bc", "aa");
        int[] types = {1, 1, 1, 1, 1, 1};
        float[] scores = new float[256 + 6];
        scores[3] = -2;
        scores[4] = -1;
        scores[5] = -0f;
        MapMetadata small = vocabulary(pieces, types).with("add_space_prefix", false);
        assertThat(Tokenizers.fromGguf(small.with("scores", scores.clone())).encode("abc", PLAIN))
                .containsExactly(0, 4);
        scores[3] = -1;
        assertThat(Tokenizers.fromGguf(small.with("scores", scores.clone())).encode("abc", PLAIN))
                .containsExactly(3, 2);
        assertThat(Tokenizers.fromGguf(small).encode("aaa", PLAIN)).containsExactly(5, 0);
    }

    @Test
    void charactersWithoutATokenCanStillBePartsOfPieces() {
        MapMetadata small = vocabulary(List.of("x😀", "▁"), new int[] {1, 1});
        assertThat(Tokenizers.fromGguf(small).encode("x😀", PLAIN)).containsExactly(1, 0);
        assertThat(Tokenizers.fromGguf(small).encode("x", PLAIN)).containsExactly(1, 2 + 'x');
        assertThat(Tokenizers.fromGguf(small).encode("é", PLAIN)).containsExactly(1, 2 + 0xC3, 2 + 0xA9);
    }

    @Test
    void unpairedSurrogatesBecomeReplacementCharacters() {
        assertThat(tokenizer.encode("a\uD800b\uDC00", PLAIN)).isEqualTo(tokenizer.encode("a\uFFFDb\uFFFD", PLAIN));
    }

    @Test
    void everyTextComesBack() {
        Random random = new Random(3);
        for (int i = 0; i < 1500; i++) {
            String text = RandomText.next(random, 40).replace('▁', '_');
            int[] ids = tokenizer.encode(text, PLAIN);
            assertThat(tokenizer.decode(ids, false)).isEqualTo(text);
            Detokenizer stream = tokenizer.detokenizer(false);
            StringBuilder streamed = new StringBuilder();
            for (int id : ids) {
                String piece = stream.append(id);
                assertThat(piece.codePoints()).noneMatch(c -> c >= 0xD800 && c <= 0xDFFF);
                streamed.append(piece);
            }
            assertThat(streamed.append(stream.flush())).hasToString(text);
        }
    }

    @Test
    void longTextsWithoutSpacesDoNotTakeLong() {
        Tokenizer cut = tokenizer;
        MapMetadata inner = TinySentencePiece.metadata("plain");
        inner.with("tokens", replaced(inner, 699, "x▁y"));
        Tokenizer whole = Tokenizers.fromGguf(inner); // no cutting at spaces: one word of all
        Assertions.assertTimeoutPreemptively(Duration.ofSeconds(60), () -> {
            String word = "a".repeat(1 << 20);
            assertThat(cut.decode(cut.encode(word, PLAIN), false).equals(word)).isTrue();
            String words = "the cat ".repeat(1 << 17);
            assertThat(whole.encode(words, PLAIN)).isEqualTo(cut.encode(words, PLAIN));
            String spaces = " ".repeat(1 << 20);
            assertThat(cut.decode(cut.encode(spaces, PLAIN), false).equals(spaces))
                    .isTrue();
        });
    }

    private static List<String> replaced(MapMetadata metadata, int id, String token) {
        String[] tokens =
                metadata.strings("tokenizer.ggml.tokens").orElseThrow().toArray(String[]::new);
        tokens[id] = token;
        return List.of(tokens);
    }

    @Test
    void aDetokenizerDropsTheFirstSpaceOfATextOnly() {
        int the = id("▁the");
        Detokenizer stream = tokenizer.detokenizer(false);
        assertThat(stream.append(1)).isEmpty();
        assertThat(stream.append(the)).isEqualTo("the");
        assertThat(stream.append(the)).isEqualTo(" the");
        assertThat(stream.flush()).isEmpty();
        assertThat(stream.append(the)).isEqualTo("the");
        assertThat(tokenizer.decode(new int[] {1, the}, true)).isEqualTo("<s> the");
        assertThat(tokenizer.decode(new int[] {BYTE_0 + ' ', the}, false)).isEqualTo("  the");
    }

    @Test
    void anAnswerKeepsItsFirstSpace() {
        int the = id("▁the");
        assertThat(tokenizer.detokenizerAfter(new int[] {1, the}, false).append(the))
                .isEqualTo(" the");
        assertThat(tokenizer.detokenizerAfter(new int[] {1}, false).append(the)).isEqualTo("the");
        assertThat(tokenizer.detokenizerAfter(new int[] {1}, true).append(the)).isEqualTo(" the");
        assertThat(tokenizer.detokenizerAfter(new int[] {1, 700, -1}, false).append(the))
                .isEqualTo("the");
    }

    @Test
    void whereExtraSpacesAreRemovedAllOfThemAreDroppedAtTheStart() {
        Tokenizer removing = Tokenizers.fromGguf(metadata.with("remove_extra_whitespaces", true));
        assertThat(removing.encode("  the   the ", PLAIN)).containsExactly(id("▁the"), id("▁the"));
        assertThat(removing.encode("   ", PLAIN)).isEmpty();
        int[] ids = {id("▁"), id("▁"), id("▁the"), id("▁the")};
        assertThat(removing.decode(ids, false)).isEqualTo("the the");
        assertThat(tokenizer.decode(ids, false)).isEqualTo("  the the");
    }

    @Test
    void aCharacterOfByteTokensComesOutWhole() {
        Detokenizer stream = tokenizer.detokenizer(false);
        assertThat(stream.append(BYTE_0 + 0xF0)).isEmpty();
        assertThat(stream.append(BYTE_0 + 0x9F)).isEmpty();
        assertThat(stream.append(BYTE_0 + 0xA6)).isEmpty();
        assertThat(stream.append(BYTE_0 + 0x99)).isEqualTo("🦙");
        assertThat(stream.append(BYTE_0 + 0xC3)).isEmpty();
        assertThat(stream.append(id("▁the"))).isEqualTo("\uFFFD the");
    }

    @ParameterizedTest
    @ValueSource(strings = {"tokens", "scores", "token_type"})
    void refusesMissingKeys(String key) {
        refused("tokenizer.ggml." + key + ": found nothing, expected it to be there", metadata.without(key));
    }

    @Test
    void refusesVocabulariesItCannotFollow() {
        refused("scores: found 3 scores, expected 700", metadata.with("scores", new float[3]));
        float[] scores = new float[700];
        scores[5] = Float.NaN;
        refused("tokens: found score NaN of token 5, expected a number", metadata.with("scores", scores));
        refused(
                "precompiled_charsmap: found a normalisation table",
                TinySentencePiece.metadata("plain").with("precompiled_charsmap", new int[1]));
        MapMetadata noByte = TinySentencePiece.metadata("plain");
        int[] types = noByte.integers("tokenizer.ggml.token_type").orElseThrow();
        types[BYTE_0 + 0x41] = 1;
        refused("tokens: found no byte token <0x41>, expected all of", noByte);
        MapMetadata other = TinySentencePiece.metadata("plain");
        refused("byte token 68 spelled \"x\"", other.with("tokens", replaced(other, BYTE_0 + 0x41, "x")));
        MapMetadata twice = TinySentencePiece.metadata("plain");
        refused("found \"▁the\" as token", twice.with("tokens", replaced(twice, 699, "▁the")));
        MapMetadata longPiece = TinySentencePiece.metadata("plain");
        refused(
                "tokens: found piece 699 with 257 characters, expected at most 256",
                longPiece.with("tokens", replaced(longPiece, 699, "x".repeat(257))));
    }

    @Test
    void longUserDefinedTokensAreNotPutTogether() {
        MapMetadata user = vocabulary(List.of("x".repeat(300), "x", "▁"), new int[] {4, 1, 1});
        assertThat(Tokenizers.fromGguf(user).encode("x".repeat(301), PLAIN)).containsExactly(0, 2, 1);
    }

    @Test
    void withoutFittingTokensThereIsNoBeginningOrEnd() {
        MapMetadata small = vocabulary(List.of("a", "▁"), new int[] {1, 1}).with("add_bos_token", false);
        assertThat(Tokenizers.fromGguf(small).bos()).isEmpty();
        assertThat(Tokenizers.fromGguf(small).eos()).isEmpty();
        refused("bos_token_id: found nothing, expected a token id", small.without("add_bos_token"));
    }

    private static int id(String piece) {
        return TinySentencePiece.id("plain", piece);
    }

    /** A vocabulary of these tokens and, behind them, the bytes; all scores are 0. */
    private static MapMetadata vocabulary(List<String> tokens, int[] types) {
        String[] all = Arrays.copyOf(tokens.toArray(String[]::new), tokens.size() + 256);
        int[] allTypes = Arrays.copyOf(types, all.length);
        for (int value = 0; value < 256; value++) {
            all[tokens.size() + value] = String.format("<0x%02X>", value);
            allTypes[tokens.size() + value] = 6;
        }
        return new MapMetadata()
                .with("model", "llama")
                .with("tokens", List.of(all))
                .with("token_type", allTypes)
                .with("scores", new float[all.length])
                .with("add_bos_token", false);
    }

    private static void refused(String message, MapMetadata metadata) {
        assertThatThrownBy(() -> Tokenizers.fromGguf(metadata))
                .isInstanceOf(ModelFormatException.class)
                .hasMessageStartingWith("test.gguf: ")
                .hasMessageContaining(message);
    }
}
