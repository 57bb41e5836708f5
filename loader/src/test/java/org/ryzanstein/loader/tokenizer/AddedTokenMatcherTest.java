package org.ryzanstein.loader.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.ryzanstein.loader.format.ModelFormatException;

/** Expected segments by the rules of the hub's tokenizers library (added_vocabulary.rs). */
class AddedTokenMatcherTest {
    @Test
    void handsOnTextAndTokensInOrder() {
        assertThat(scan("a<x>b<x><y>", AddedToken.plain(1, "<x>", true), AddedToken.plain(2, "<y>", true)))
                .containsExactly("a", "#1", "b", "#1", "#2");
    }

    @Test
    void takesTheLeftmostThenTheLongest() {
        assertThat(scan("abcabd", AddedToken.plain(1, "ab", true), AddedToken.plain(2, "abc", true)))
                .containsExactly("#2", "#1", "d");
        assertThat(scan("abc", AddedToken.plain(1, "ab", true), AddedToken.plain(2, "bc", true)))
                .containsExactly("#1", "c");
    }

    @Test
    void singleWordsMustStandAlone() {
        AddedToken word = new AddedToken(1, "new", true, true, false, false, false);
        assertThat(scan("new anew newer new", word)).containsExactly("#1", " anew newer ", "#1");
        assertThat(scan("_new éwnew new\u0301 new!", word)).containsExactly("_new éwnew new\u0301 ", "#1", "!");
    }

    @Test
    void strippingTakesTheSpacesAlong() {
        AddedToken both = new AddedToken(1, "<m>", true, false, true, true, false);
        assertThat(scan("a \n<m>\u3000 b", both)).containsExactly("a", "#1", "b");
        assertThat(scan("<m>  <m>", both)).containsExactly("#1", "#1");
        assertThat(scan("  <m>  ", both)).containsExactly("#1");
        AddedToken left = new AddedToken(1, "<m>", true, false, true, false, false);
        assertThat(scan(" <m> b", left)).containsExactly("#1", " b");
    }

    @Test
    void withoutTokensAllIsText() {
        assertThat(scan("abc")).containsExactly("abc");
        assertThat(scan("")).isEmpty();
        assertThat(scan("<", AddedToken.plain(1, "<x>", true))).containsExactly("<");
    }

    @Test
    void normalizedTokensMatchTheNormalizedText() {
        AddedToken token = new AddedToken(7, "e\u0301!", false, false, false, false, true);
        AddedTokens tokens = new AddedTokens("test", "added_tokens", List.of(token), TextNormalizer.NFC::normalize);
        assertThat(segments(tokens.inNormalized(false), "aé!")).containsExactly("a", "#7");
        assertThat(segments(tokens.inOriginal(true), "aé!")).containsExactly("aé!");
    }

    @Test
    void refusesTokensThatWouldMakeMatchingSlow() {
        List<AddedToken> tokens = List.of(AddedToken.plain(3, "x".repeat(1025), true));
        assertThatThrownBy(() -> new AddedTokens("f", "added_tokens", tokens, TextNormalizer.NONE::normalize))
                .isInstanceOf(ModelFormatException.class)
                .hasMessage("f: added_tokens: found added token 3 with 1025 characters, expected at most 1024");
    }

    private static List<String> scan(String text, AddedToken... tokens) {
        return segments(new AddedTokenMatcher(List.of(tokens)), text);
    }

    private static List<String> segments(AddedTokenMatcher matcher, String text) {
        List<String> found = new ArrayList<>();
        matcher.scan(text, 0, text.length(), new AddedTokenMatcher.Segments() {
            @Override
            public void text(String segment, int start, int end) {
                found.add(segment.substring(start, end));
            }

            @Override
            public void token(int id) {
                found.add("#" + id);
            }
        });
        return found;
    }
}
