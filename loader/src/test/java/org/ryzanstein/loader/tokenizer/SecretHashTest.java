package org.ryzanstein.loader.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

class SecretHashTest {
    /** Keys that a fixed factor, the usual one of the golden ratio, sends to one place. */
    @Test
    void spreadsKeysThatAFixedFactorSendsToOnePlace() {
        long golden = 0x9E3779B97F4A7C15L;
        long inverse = golden;
        for (int i = 0; i < 6; i++) {
            inverse *= 2 - golden * inverse;
        }
        Set<Long> places = new HashSet<>();
        for (long low = 0; low < 1000; low++) {
            long key = low * inverse;
            assertThat((key * golden) >>> 44).isZero();
            places.add(SecretHash.of(key) >>> 44);
        }
        assertThat(places).hasSizeGreaterThan(100);
    }

    @Test
    void spreadsTextsThatDifferInOneByteOrLength() {
        Set<Integer> hashes = new HashSet<>();
        byte[] text = new byte[64];
        for (int at = 0; at < text.length; at++) {
            for (int value = 0; value < 16; value++) {
                text[at] = (byte) value;
                hashes.add(SecretHash.of(text, text.length) & 0xFFFF);
            }
            text[at] = 0;
            hashes.add(SecretHash.of(text, at) & 0xFFFF);
        }
        assertThat(hashes).hasSizeGreaterThan(900);
    }
}
