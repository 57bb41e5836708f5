package org.ryzanstein.loader.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import java.text.Normalizer;
import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;

class TextNormalizerTest {
    @Test
    void composesAsTheStandardSays() {
        Random random = new Random(9);
        for (int i = 0; i < 2000; i++) {
            String text = RandomText.next(random, 30) + "e\u0323\u0301 \u1100\u1161\u11A8 \u212B";
            assertThat(TextNormalizer.NFC.normalize(text)).isEqualTo(Normalizer.normalize(text, Normalizer.Form.NFC));
        }
        assertThat(TextNormalizer.NONE.normalize("e\u0301")).isEqualTo("e\u0301");
        assertThat(TextNormalizer.NFC.normalize("née")).isEqualTo("née");
    }

    @Test
    void hostileRunsOfMarksTakeLinearTime() {
        String text = "a" + "\u0301".repeat(400_000) + "\u0323".repeat(400_000);
        String normalized =
                Assertions.assertTimeoutPreemptively(Duration.ofSeconds(20), () -> TextNormalizer.NFC.normalize(text));
        assertThat(normalized).startsWith("á").hasSize(text.length() - 1);
    }
}
