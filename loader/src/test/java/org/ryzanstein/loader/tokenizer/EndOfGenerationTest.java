package org.ryzanstein.loader.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class EndOfGenerationTest {
    @Test
    void namedTokensAndWellKnownOnesEndAnAnswer() {
        SmallVocabulary small = new SmallVocabulary()
                .add("<|im_end|>", TokenKind.CONTROL)
                .add("<|file_sep|>", TokenKind.USER_DEFINED)
                .add("</s>", TokenKind.NORMAL)
                .add("<|im_start|>", TokenKind.CONTROL);
        Tokenizer tokenizer = Tokenizers.fromGguf(small.metadata()
                .with("eos_token_id", 7)
                .with("eot_token_id", 8L)
                .with("eom_token_id", 9));
        assertThat(tokenizer.endOfGeneration())
                .containsExactlyInAnyOrder(7, 8, 9, small.id("<|im_end|>"), small.id("<|file_sep|>"));
        assertThat(tokenizer.eos()).hasValue(7);
        assertThat(tokenizer.bos()).isEmpty();
    }

    @Test
    void endMarksThatTheFileHasAsTextBecomeControlTokens() {
        SmallVocabulary small = new SmallVocabulary()
                .add("<|eot_id|>", TokenKind.NORMAL)
                .add("<end_of_turn>", TokenKind.NORMAL)
                .add("<|other|>", TokenKind.NORMAL);
        Tokenizer tokenizer = small.tokenizer();
        assertThat(tokenizer.endOfGeneration())
                .containsExactlyInAnyOrder(small.id("<|eot_id|>"), small.id("<end_of_turn>"));
        assertThat(tokenizer.isControl(small.id("<|eot_id|>"))).isTrue();
        assertThat(tokenizer.isControl(small.id("<|other|>"))).isFalse();
        assertThat(tokenizer.encode("<|eot_id|>", new EncodeOptions(false, true)))
                .containsExactly(small.id("<|eot_id|>"));
    }

    @Test
    void endIsTheEndOfAMessageWhereCallsAndReturnsEndTheAnswer() {
        SmallVocabulary harmony = new SmallVocabulary()
                .add("<|end|>", TokenKind.CONTROL)
                .add("<|return|>", TokenKind.CONTROL)
                .add("<|call|>", TokenKind.CONTROL);
        assertThat(harmony.tokenizer().endOfGeneration())
                .containsExactlyInAnyOrder(harmony.id("<|return|>"), harmony.id("<|call|>"));
        SmallVocabulary solar = new SmallVocabulary()
                .add("<|end|>", TokenKind.CONTROL)
                .add("<|flush|>", TokenKind.CONTROL)
                .add("<|calls|>", TokenKind.CONTROL);
        assertThat(solar.tokenizer().endOfGeneration()).doesNotContain(solar.id("<|end|>"));
        SmallVocabulary phi = new SmallVocabulary().add("<|end|>", TokenKind.CONTROL);
        assertThat(phi.tokenizer().endOfGeneration()).containsExactly(phi.id("<|end|>"));
    }

    @Test
    void closingTagIsNoEndBesideToolResponses() {
        SmallVocabulary small =
                new SmallVocabulary().add("</s>", TokenKind.CONTROL).add("<|tool_response>", TokenKind.CONTROL);
        assertThat(small.tokenizer().endOfGeneration()).containsExactly(small.id("<|tool_response>"));
    }
}
