package org.ryzanstein.loader.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Test;

class DetokenizerTest {
    private final SmallVocabulary small = new SmallVocabulary("h e", "l l", "he ll")
            .add("<|end|>", TokenKind.CONTROL)
            .add("日本", TokenKind.USER_DEFINED);
    private final Tokenizer tokenizer = small.tokenizer();

    @Test
    void holdsBackACharacterUntilItIsComplete() {
        Detokenizer stream = tokenizer.detokenizer(false);
        assertThat(stream.append(0xF0)).isEmpty();
        assertThat(stream.append(0x9F)).isEmpty();
        assertThat(stream.append(0x98)).isEmpty();
        assertThat(stream.append(0x80)).isEqualTo("\uD83D\uDE00");
        assertThat(stream.append(small.id("日本"))).isEqualTo("日本");
        assertThat(stream.flush()).isEmpty();
    }

    @Test
    void replacesWhatCannotBeCompleted() {
        Detokenizer stream = tokenizer.detokenizer(false);
        stream.append(0xE6);
        assertThat(stream.append('h')).isEqualTo("\uFFFDh");
        stream.append(0xE6);
        assertThat(stream.flush()).isEqualTo("\uFFFD");
        assertThat(stream.append(small.id("hell"))).isEqualTo("hell");
    }

    @Test
    void controlTokensDoNotTearACharacterUnlessRendered() {
        int[] ids = {0xC3, small.id("<|end|>"), 0xA9};
        assertThat(tokenizer.decode(ids, false)).isEqualTo("é");
        assertThat(tokenizer.decode(ids, true)).isEqualTo("\uFFFD<|end|>\uFFFD");
    }

    @Test
    void decodesInvalidBytesAsPythonDoes() throws IOException {
        List<String> lines;
        try (InputStream in = Objects.requireNonNull(getClass().getResourceAsStream("utf8-replace.txt"))) {
            lines = new String(in.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .toList();
        }
        assertThat(lines).hasSizeGreaterThan(300);
        for (String line : lines.subList(1, lines.size())) {
            String[] parts = line.split(" ");
            byte[] bytes = HexFormat.of().parseHex(parts[0]);
            int[] ids = new int[bytes.length]; // the first 256 tokens are the bytes
            for (int i = 0; i < bytes.length; i++) {
                ids[i] = bytes[i] & 0xFF;
            }
            String expected = new String(HexFormat.of().parseHex(parts[1]), StandardCharsets.UTF_16BE);
            assertThat(tokenizer.decode(ids, false)).as(line).isEqualTo(expected);
        }
    }

    @Test
    void piecesTogetherAreTheWholeAndNeverHalfACharacter() {
        Random random = new Random(5);
        for (int i = 0; i < 3000; i++) {
            int[] ids = random.ints(random.nextInt(20), 0, tokenizer.vocabularySize())
                    .toArray();
            boolean render = random.nextBoolean();
            Detokenizer stream = tokenizer.detokenizer(render);
            StringBuilder pieces = new StringBuilder();
            for (int id : ids) {
                String piece = stream.append(id);
                assertThat(piece.codePoints()).noneMatch(c -> c >= 0xD800 && c <= 0xDFFF);
                pieces.append(piece);
            }
            assertThat(pieces.append(stream.flush())).hasToString(tokenizer.decode(ids, render));
        }
    }
}
