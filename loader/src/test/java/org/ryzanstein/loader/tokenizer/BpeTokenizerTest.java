package org.ryzanstein.loader.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.ryzanstein.loader.format.ModelFormatException;

class BpeTokenizerTest {
    private static final EncodeOptions PLAIN = new EncodeOptions(false, false);
    private static final EncodeOptions SPECIAL = new EncodeOptions(false, true);

    private final SmallVocabulary small = new SmallVocabulary("h e", "l l", "he ll", "hell o", "Ġ w")
            .add("<|end|>", TokenKind.CONTROL)
            .add("<|end|>>", TokenKind.CONTROL)
            .add("<tool>", TokenKind.USER_DEFINED)
            .add("日本", TokenKind.USER_DEFINED)
            .add("<0x41>", TokenKind.BYTE)
            .add("[PAD1]", TokenKind.UNUSED)
            .add("<unk>", TokenKind.UNKNOWN)
            .add("", TokenKind.NORMAL)
            .add("out of the alphabet", TokenKind.NORMAL);
    private final Tokenizer tokenizer = small.tokenizer();

    @Test
    void mergesTheBytesOfEachPiece() {
        assertThat(tokenizer.encode("hello w", PLAIN)).containsExactly(small.id("hello"), small.id("Ġw"));
        assertThat(tokenizer.encode("", PLAIN)).isEmpty();
    }

    @Test
    void controlTokensInTextArePlainTextUnlessAllowed() {
        int[] plain = tokenizer.encode("he<|end|>", PLAIN);
        assertThat(plain).doesNotContain(small.id("<|end|>"));
        assertThat(tokenizer.decode(plain, false)).isEqualTo("he<|end|>");
        assertThat(tokenizer.encode("he<|end|>", SPECIAL)).containsExactly(small.id("he"), small.id("<|end|>"));
    }

    @Test
    void userDefinedTokensAreAlwaysMatched() {
        assertThat(tokenizer.encode("he<tool>日本", PLAIN))
                .containsExactly(small.id("he"), small.id("<tool>"), small.id("日本"));
    }

    @Test
    void theLongestSpecialTokenWins() {
        assertThat(tokenizer.encode("<|end|>><|end|>", SPECIAL))
                .containsExactly(small.id("<|end|>>"), small.id("<|end|>"));
    }

    @Test
    void unusedPlacesAndByteTokensAreNotMatchedInText() {
        assertThat(tokenizer.encode("[PAD1]<0x41>", SPECIAL)).hasSize(12);
    }

    @Test
    void unpairedSurrogatesBecomeReplacementCharacters() {
        assertThat(tokenizer.encode("a\uD800b\uDC00\uD83D\uDE00", PLAIN))
                .isEqualTo(tokenizer.encode("a\uFFFDb\uFFFD\uD83D\uDE00", PLAIN));
        assertThat(tokenizer.encode("\uD83D", PLAIN)).isEqualTo(tokenizer.encode("\uFFFD", PLAIN));
    }

    @Test
    void tellsWhatATokenStandsFor() {
        assertThat(tokenizer.token(small.id("Ġw"))).isEqualTo("Ġw");
        assertThat(tokenizer.bytes(small.id("Ġw"))).isEqualTo(" w".getBytes(StandardCharsets.UTF_8));
        assertThat(tokenizer.bytes(0xC3)).containsExactly(0xC3);
        assertThat(tokenizer.bytes(small.id("日本"))).isEqualTo("日本".getBytes(StandardCharsets.UTF_8));
        assertThat(tokenizer.bytes(small.id("<0x41>"))).containsExactly('A');
        assertThat(tokenizer.bytes(small.id("out of the alphabet"))).hasSize(19);
        for (String token : List.of("<|end|>", "[PAD1]", "<unk>", "")) {
            assertThat(tokenizer.bytes(small.id(token))).isEmpty();
            assertThat(tokenizer.isControl(small.id(token))).isTrue();
        }
        assertThat(tokenizer.isControl(small.id("<tool>"))).isFalse();
        assertThat(tokenizer.vocabularySize()).isEqualTo(256 + 5 + 9);
    }

    @Test
    void rendersControlTokensOnRequest() {
        int[] ids = {small.id("he"), small.id("<|end|>"), small.id("ll")};
        assertThat(tokenizer.decode(ids, false)).isEqualTo("hell");
        assertThat(tokenizer.decode(ids, true)).isEqualTo("he<|end|>ll");
    }

    @Test
    void refusesIdsOutsideTheVocabulary() {
        int size = tokenizer.vocabularySize();
        assertThatThrownBy(() -> tokenizer.token(size)).hasMessage("token id 270 is outside the vocabulary of 270");
        assertThatThrownBy(() -> tokenizer.bytes(-1)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> tokenizer.isControl(size)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> tokenizer.decode(new int[] {size}, true)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> tokenizer.decode(new int[] {-1}, false)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void refusesTextWithAByteThatNoTokenStandsFor() {
        Tokenizer dummy = Tokenizers.fromGguf(new MapMetadata()
                .with("model", "gpt2")
                .with("pre", "gpt-2")
                .with("tokens", List.of("token_0", "token_1", "a"))
                .with("merges", List.of()));
        assertThat(dummy.encode("aa", PLAIN)).containsExactly(2, 2);
        assertThatThrownBy(() -> dummy.encode("ab", PLAIN))
                .isInstanceOf(ModelFormatException.class)
                .hasMessageContaining("test.gguf: vocabulary: found no token for the byte 0x62");
    }

    @Test
    void wholeWordsGoBeforeMerges() {
        // "abc" cannot be reached: "b c" has the lower rank, and "a bc" is no merge.
        SmallVocabulary vocabulary = new SmallVocabulary("b c", "a b", "ab c");
        Tokenizer merging = Tokenizers.fromGguf(vocabulary.metadata().with("pre", "smaug-bpe"));
        Tokenizer whole = Tokenizers.fromGguf(
                vocabulary.metadata().with("pre", "llama-bpe").with("add_bos_token", false));
        assertThat(merging.encode("abc", PLAIN)).containsExactly('a', vocabulary.id("bc"));
        assertThat(whole.encode("abc", PLAIN)).containsExactly(vocabulary.id("abc"));
    }

    @Test
    void wholeWordsAreNeverControlTokens() {
        SmallVocabulary vocabulary = new SmallVocabulary().add("stop", TokenKind.CONTROL);
        Tokenizer whole = Tokenizers.fromGguf(
                vocabulary.metadata().with("pre", "llama-bpe").with("add_bos_token", false));
        assertThat(whole.encode("stop", PLAIN)).containsExactly('s', 't', 'o', 'p');
    }

    @Test
    void everyTextComesBack() {
        Tokenizer hub = Tokenizers.fromHub(Vectors.bitnetTiny());
        Random random = new Random(3);
        for (int i = 0; i < 3000; i++) {
            String text = RandomText.next(random, 60);
            for (Tokenizer one : List.of(tokenizer, hub)) {
                int[] ids = one.encode(text, SPECIAL);
                assertThat(one.decode(ids, true)).isEqualTo(text);
                assertThat(one.decode(one.encode(text, PLAIN), false)).isEqualTo(text);
            }
        }
    }

    @Test
    void describesItself() {
        assertThat(tokenizer.describe()).isEqualTo("byte-level BPE, pre-tokenizer gpt-2, 270 tokens, 5 merges");
    }
}
