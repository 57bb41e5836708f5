package org.ryzanstein.loader.hostile;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/** Values that readers get wrong, and changes of bytes that know nothing of a format. */
final class Odd {
    private static final long[] NUMBERS = {
        0,
        1,
        2,
        3,
        7,
        31,
        33,
        127,
        128,
        255,
        256,
        1023,
        32_767,
        65_535,
        65_536,
        1L << 20,
        (1L << 31) - 8,
        (1L << 31) - 1,
        1L << 31,
        (1L << 32) - 1,
        1L << 32,
        (1L << 32) + 1,
        1L << 40,
        1L << 61,
        1L << 62,
        Long.MAX_VALUE - 31,
        Long.MAX_VALUE,
        Long.MIN_VALUE,
        -1,
        -2,
        -32,
        -256,
        -4096
    };
    private static final List<String> TEXTS = List.of(
            "",
            " ",
            "a",
            "\u2581",
            "\u2581\u2581",
            "\u0000",
            "line\nbreak\r\t",
            "\u001b[31m",
            "<0x00>",
            "<0xZZ>",
            "<s>",
            "</s>",
            "<unk>",
            "<|im_end|>",
            "x y",
            "..",
            "../model.safetensors",
            "/etc/passwd",
            "C:\\con",
            "F32",
            "BPE",
            "llama",
            "gpt2",
            "qwen2",
            "default",
            "llama-bpe",
            "NaN",
            "1e400",
            "-1",
            "null",
            ": found x, expected y",
            "日本",
            "\uD83C\uDF89",
            "e\u0301",
            "\uFEFF");

    private Odd() {}

    /** @param near a number that the right one is of the order of */
    static long number(SplittableRandom random, long near) {
        return switch (random.nextInt(5)) {
            case 0 -> near + random.nextInt(-3, 4);
            case 1 -> random.nextLong(2 * Math.clamp(near, 8, 1L << 40));
            case 2 -> 1L << random.nextInt(63);
            default -> NUMBERS[random.nextInt(NUMBERS.length)];
        };
    }

    static String text(SplittableRandom random) {
        if (random.nextInt(12) == 0) {
            String part = TEXTS.get(random.nextInt(1, TEXTS.size()));
            return part.repeat(1 << random.nextInt(14));
        }
        return TEXTS.get(random.nextInt(TEXTS.size()));
    }

    /** Text as bytes, or bytes that are no UTF-8. */
    static byte[] textBytes(SplittableRandom random) {
        return switch (random.nextInt(6)) {
            case 0 -> new byte[] {(byte) 0xC3};
            case 1 -> new byte[] {'a', (byte) 0xED, (byte) 0xA0, (byte) 0x80}; // half a surrogate pair
            case 2 -> new byte[] {(byte) 0xF8, (byte) 0x88, (byte) 0x80, (byte) 0x80, (byte) 0x80};
            default -> text(random).getBytes(StandardCharsets.UTF_8);
        };
    }

    /** Truncates, flips, cuts out, doubles or overwrites bytes of {@code [from, to)}. */
    static byte[] bytes(byte[] original, int from, int to, SplittableRandom random) {
        if (from >= to) {
            return original.clone();
        }
        int at = random.nextInt(from, to);
        int length = Math.min(1 + random.nextInt(random.nextBoolean() ? 4 : 64), original.length - at);
        byte[] changed = original.clone();
        switch (random.nextInt(5)) {
            case 0 -> {
                return Arrays.copyOf(original, at);
            }
            case 1 -> {
                for (int n = 1 + random.nextInt(4); n > 0; n--) {
                    changed[random.nextInt(from, to)] ^= (byte) (1 << random.nextInt(8));
                }
            }
            case 2 -> {
                return join(Arrays.copyOf(original, at), Arrays.copyOfRange(original, at + length, original.length));
            }
            case 3 -> {
                return join(Arrays.copyOf(original, at + length), Arrays.copyOfRange(original, at, original.length));
            }
            default -> {
                for (int i = 0; i < length; i++) {
                    changed[at + i] = (byte) random.nextInt();
                }
            }
        }
        return changed;
    }

    static byte[] join(byte[]... parts) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            all.writeBytes(part);
        }
        return all.toByteArray();
    }

    /** The {@code width} low bytes of a number, the lowest first. */
    static byte[] littleEndian(long value, int width) {
        byte[] bytes = new byte[width];
        for (int i = 0; i < width; i++) {
            bytes[i] = (byte) (value >> (8 * i));
        }
        return bytes;
    }

    static <T> T of(List<T> list, SplittableRandom random) {
        return list.get(random.nextInt(list.size()));
    }
}
