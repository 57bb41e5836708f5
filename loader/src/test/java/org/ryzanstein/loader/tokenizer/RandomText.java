package org.ryzanstein.loader.tokenizer;

import java.util.Random;

/** Random Unicode text without unpaired surrogates. */
final class RandomText {
    private static final int[] TOPS = {0x80, 0x80, 0x800, 0x3000, 0x10000, 0x110000};

    private RandomText() {}

    static String next(Random random, int maxLength) {
        StringBuilder text = new StringBuilder();
        for (int length = random.nextInt(maxLength + 1); length > 0; length--) {
            int codePoint = random.nextInt(TOPS[random.nextInt(TOPS.length)]);
            boolean surrogate = codePoint >= Character.MIN_SURROGATE && codePoint <= Character.MAX_SURROGATE;
            text.appendCodePoint(surrogate ? ' ' : codePoint);
        }
        return text.toString();
    }
}
