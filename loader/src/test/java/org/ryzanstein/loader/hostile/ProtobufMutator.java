package org.ryzanstein.loader.hostile;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;

/** Changes SentencePiece models: mostly one field of a message, so that all around it stays readable, else bytes. */
final class ProtobufMutator {
    /** Fields of the outermost message that are messages themselves. */
    private static final Set<Integer> MESSAGES = Set.of(1, 2, 3, 5);

    private static final int VARINT = 0;
    private static final int BYTES = 2;

    /**
     * One field.
     *
     * @param content what follows the tag, or, of bytes, what follows the length
     * @param length the length that is stated for bytes
     */
    private record Field(long tag, byte[] content, long length) {
        int number() {
            return (int) (tag >>> 3);
        }

        int wireType() {
            return (int) (tag & 7);
        }

        static Field of(long tag, byte[] content) {
            return new Field(tag, content, content.length);
        }
    }

    private ProtobufMutator() {}

    static byte[] mutate(byte[] original, SplittableRandom random) {
        if (random.nextInt(8) == 0) {
            return Odd.bytes(original, 0, original.length, random);
        }
        List<Field> fields = parse(original);
        for (int n = 1 + random.nextInt(2) * random.nextInt(3); n > 0; n--) {
            // Many pieces would crowd out the settings, which stand behind them.
            int at = random.nextInt(3) == 0 ? random.nextInt(fields.size()) : fields.size() - 1 - random.nextInt(3);
            Field field = fields.get(Math.max(0, at));
            boolean message = field.wireType() == BYTES && MESSAGES.contains(field.number());
            if (message && field.content().length > 0 && random.nextInt(4) != 0) {
                fields.set(Math.max(0, at), Field.of(field.tag(), changedMessage(field.content(), random)));
            } else {
                change(fields, Math.max(0, at), random);
            }
            if (fields.isEmpty()) {
                break;
            }
        }
        return write(fields);
    }

    private static byte[] changedMessage(byte[] content, SplittableRandom random) {
        List<Field> fields;
        try {
            fields = parse(content);
        } catch (IllegalArgumentException changedBefore) {
            return Odd.bytes(content, 0, content.length, random);
        }
        change(fields, random.nextInt(fields.size()), random);
        return write(fields);
    }

    private static void change(List<Field> fields, int at, SplittableRandom random) {
        Field field = fields.get(at);
        switch (random.nextInt(10)) {
            case 0 -> fields.remove(at);
            case 1 -> fields.add(random.nextInt(fields.size() + 1), field);
            case 2 -> fields.set(at, Field.of((long) field.number() << 3 | random.nextInt(8), field.content()));
            case 3 -> fields.set(at, Field.of(Odd.number(random, 48) << 3 | field.wireType(), field.content()));
            case 4 -> fields.set(at, new Field(field.tag(), field.content(), Odd.number(random, field.length())));
            case 5 -> fields.set(at, Field.of(Odd.number(random, field.tag()), field.content()));
            case 6 -> {
                long number = random.nextInt(1, 50);
                fields.add(at, Field.of(number << 3, varint(Odd.number(random, 2))));
            }
            default -> fields.set(at, Field.of(field.tag(), content(field, random)));
        }
    }

    private static byte[] content(Field field, SplittableRandom random) {
        return switch (field.wireType()) {
            case VARINT -> random.nextInt(4) == 0 ? tooLong(random) : varint(Odd.number(random, 1));
            case BYTES -> Odd.textBytes(random);
            default -> {
                float[] odd = {0, -0f, Float.NaN, Float.NEGATIVE_INFINITY, Float.MAX_VALUE, Float.MIN_VALUE};
                int bits = Float.floatToRawIntBits(odd[random.nextInt(odd.length)]);
                yield Arrays.copyOf(Odd.littleEndian(bits, 4), field.content().length);
            }
        };
    }

    /** A varint of ten bytes and more. */
    private static byte[] tooLong(SplittableRandom random) {
        byte[] bytes = new byte[random.nextInt(9, 12)];
        Arrays.fill(bytes, (byte) 0xFF);
        bytes[bytes.length - 1] = (byte) random.nextInt(128);
        return bytes;
    }

    private static byte[] varint(long value) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        long rest = value;
        while ((rest & ~0x7FL) != 0) {
            out.write((int) ((rest & 0x7F) | 0x80));
            rest >>>= 7;
        }
        out.write((int) rest);
        return out.toByteArray();
    }

    private static List<Field> parse(byte[] message) {
        List<Field> fields = new ArrayList<>();
        int[] at = {0};
        while (at[0] < message.length) {
            long tag = readVarint(message, at);
            int from = at[0];
            int to = switch ((int) (tag & 7)) {
                case VARINT -> {
                    readVarint(message, at);
                    yield at[0];
                }
                case 1 -> from + 8;
                case 5 -> from + 4;
                default -> {
                    long length = readVarint(message, at);
                    from = at[0];
                    yield (int) (from + length);
                }
            };
            if (to < from || to > message.length) {
                throw new IllegalArgumentException("no message");
            }
            fields.add(Field.of(tag, Arrays.copyOfRange(message, from, to)));
            at[0] = to;
        }
        return fields;
    }

    private static long readVarint(byte[] message, int[] at) {
        long value = 0;
        for (int shift = 0; at[0] < message.length; shift += 7) {
            byte part = message[at[0]++];
            value |= (long) (part & 0x7F) << shift;
            if (part >= 0) {
                return value;
            }
        }
        throw new IllegalArgumentException("no message");
    }

    private static byte[] write(List<Field> fields) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (Field field : fields) {
            out.writeBytes(varint(field.tag()));
            if (field.wireType() == BYTES) {
                out.writeBytes(varint(field.length()));
            }
            out.writeBytes(field.content());
        }
        return out.toByteArray();
    }
}
