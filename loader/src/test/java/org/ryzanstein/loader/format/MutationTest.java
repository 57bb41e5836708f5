package org.ryzanstein.loader.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.ryzanstein.api.weight.WeightSource;
import org.ryzanstein.loader.progress.ProgressListener;

/**
 * Truncated and mutated model files. Each is opened and read in full, as a model is when it is loaded; it must load or be
 * refused by a message with file and field, within a second, with little allocated. The mutations are drawn from a fixed
 * seed, and many of them hit lengths, counts, types and offsets of the header, to get past the first checks.
 */
class MutationTest {
    private static final int FILES = 1_200;
    private static final long MOST_NANOSECONDS = 1_000_000_000L;
    private static final int HIDDEN = 128;
    private static final long[] NUMBERS = {
        0,
        1,
        2,
        3,
        31,
        33,
        255,
        256,
        65_535,
        1L << 31,
        (1L << 32) - 1,
        1L << 32,
        1L << 40,
        1L << 62,
        Long.MAX_VALUE,
        Long.MAX_VALUE - 31,
        -1,
        -32,
        Long.MIN_VALUE
    };
    private static final String[] JSON_VALUES = {
        "0",
        "-1",
        "1",
        "7",
        "1.5",
        "1e400",
        "-0",
        "4294967296",
        "9223372036854775807",
        "99999999999999999999",
        "null",
        "true",
        "[]",
        "{}",
        "\"\"",
        "\"F32\"",
        "\"U8\"",
        "\"BF16\"",
        "\"../x\"",
        "[[[[[[]]]]]]"
    };

    @TempDir
    Path folder;

    private final Map<String, Integer> sites = new TreeMap<>();
    private long slowest;
    private long mostAllocated;

    /** Opens the model and reads all that loading it would read. */
    private static void load(Path path) {
        try (ModelFile model = ModelFile.open(path)) {
            ModelInspection.of(model, true).json();
            if (!model.architecture().equals(ModelFile.BITNET_B158)) {
                throw ModelFormatException.of(
                        path.toString(), "architecture", model.architecture(), ModelFile.BITNET_B158);
            }
            Hyperparameters shape = model.hyperparameters();
            TensorSources sources = model.sources();
            int hidden = shape.hiddenSize();
            int kv = shape.kvHeads() * shape.headDim();
            int attention = shape.heads() * shape.headDim();
            int feedForward = shape.feedForwardSize();
            read(sources.floats(TensorName.of(TensorRole.TOKEN_EMBEDDING), shape.vocabularySize(), hidden));
            read(sources.floats(TensorName.of(TensorRole.OUTPUT_NORM), 1, hidden));
            for (int layer = 0; layer < shape.layers(); layer++) {
                read(sources.floats(TensorName.of(TensorRole.ATTENTION_NORM, layer), 1, hidden));
                read(sources.floats(TensorName.of(TensorRole.ATTENTION_SUB_NORM, layer), 1, attention));
                read(sources.floats(TensorName.of(TensorRole.FEED_FORWARD_NORM, layer), 1, hidden));
                read(sources.floats(TensorName.of(TensorRole.FEED_FORWARD_SUB_NORM, layer), 1, feedForward));
                read(sources.ternary(TensorName.of(TensorRole.ATTENTION_QUERY, layer), attention, hidden));
                read(sources.ternary(TensorName.of(TensorRole.ATTENTION_KEY, layer), kv, hidden));
                read(sources.ternary(TensorName.of(TensorRole.ATTENTION_VALUE, layer), kv, hidden));
                read(sources.ternary(TensorName.of(TensorRole.ATTENTION_OUTPUT, layer), hidden, attention));
                read(sources.ternary(TensorName.of(TensorRole.FEED_FORWARD_GATE, layer), feedForward, hidden));
                read(sources.ternary(TensorName.of(TensorRole.FEED_FORWARD_UP, layer), feedForward, hidden));
                read(sources.ternary(TensorName.of(TensorRole.FEED_FORWARD_DOWN, layer), hidden, feedForward));
            }
            sources.refuseUnclaimed();
        }
    }

    private static void read(WeightSource.Floats floats) {
        float[] row = new float[floats.columns()];
        for (int i = 0; i < floats.rows(); i++) {
            floats.readFloats(i, row, 0);
        }
    }

    private static void read(WeightSource.Ternary ternary) {
        byte[] row = new byte[ternary.columns()];
        for (int i = 0; i < ternary.rows(); i++) {
            ternary.readDigits(i, row, 0);
        }
    }

    /** Loads a file and checks how that ends. */
    private void check(String what, Path path, long size, AllocationMeter meter) throws ReflectiveOperationException {
        long before = meter.bytes();
        // The processor's time: other work on the machine must not fail the test.
        long start = meter.nanoseconds();
        String site = "loaded";
        try {
            load(path);
        } catch (ModelFormatException refusal) {
            site = site(refusal);
            assertThat(refusal.getMessage())
                    .as(what)
                    .startsWith(folder.toString())
                    .matches(Pattern.compile("[^:]+: .+: found .+, expected .+", Pattern.DOTALL));
        } catch (RuntimeException | Error crash) {
            fail(what + ": " + crash, crash);
        }
        long time = meter.nanoseconds() - start;
        long allocated = meter.bytes() - before;
        assertThat(time).as("nanoseconds for %s", what).isLessThan(MOST_NANOSECONDS);
        // Rows are decoded one at a time; the rest is names, values and their text in the report.
        assertThat(allocated).as("bytes for %s", what).isLessThan(1_000_000 + 16 * size);
        sites.merge(site, 1, Integer::sum);
        slowest = Math.max(slowest, time);
        mostAllocated = Math.max(mostAllocated, allocated);
    }

    private static String site(ModelFormatException refusal) {
        for (StackTraceElement frame : refusal.getStackTrace()) {
            boolean helper = frame.getMethodName().equals("refusal")
                    || frame.getMethodName().equals("size");
            if (!helper && !frame.getClassName().endsWith("ModelFormatException")) {
                String name = frame.getClassName();
                return name.substring(name.lastIndexOf('.') + 1) + "." + frame.getMethodName() + ":"
                        + frame.getLineNumber();
            }
        }
        return "unknown";
    }

    private void report(String format, int fewestSites) {
        StringBuilder text = new StringBuilder(String.format(
                "%s: %d files, slowest %d ms, most allocated %d KiB%n",
                format,
                sites.values().stream().mapToInt(Integer::intValue).sum(),
                slowest / 1_000_000,
                mostAllocated / 1024));
        sites.forEach((site, count) -> text.append(String.format("%6d  %s%n", count, site)));
        System.out.println(text);
        assertThat(sites).hasSizeGreaterThanOrEqualTo(fewestSites);
    }

    /** A small model that loads: one layer, a metadata value of most types. */
    private static byte[] smallGguf(Path path) throws IOException {
        GgufWriter writer = new GgufWriter();
        try (GgufFile file = GgufFile.open(TestFiles.TQ2)) {
            for (String key : file.metadata().keys()) {
                boolean changed = key.contains("_length") || key.contains("count") || key.endsWith("vocab_size");
                if (!changed && !key.startsWith("tokenizer.")) {
                    writer.copy(file, key);
                }
            }
        }
        String prefix = "bitnet-b1.58.";
        writer.uint32(prefix + "embedding_length", HIDDEN)
                .uint32(prefix + "feed_forward_length", 2 * HIDDEN)
                .uint32(prefix + "block_count", 1)
                .uint32(prefix + "context_length", 64)
                .uint32(prefix + "vocab_size", 64)
                .uint32(prefix + "attention.head_count", 2)
                .uint32(prefix + "attention.head_count_kv", 1)
                .uint32(prefix + "rope.dimension_count", 64)
                .uint32("general.alignment", 32)
                .bool("tokenizer.ggml.add_bos_token", true)
                .texts(
                        "tokenizer.ggml.tokens",
                        java.util.stream.IntStream.range(0, 64)
                                .mapToObj(i -> "token" + i)
                                .toList())
                .int32s("tokenizer.ggml.token_type", new int[64])
                .float32s("tokenizer.ggml.scores", new float[64]);
        tensors(new Shapes() {
            @Override
            public void floats(TensorName name, long... shape) {
                TensorType type = shape.length == 2 ? TensorType.F16 : TensorType.F32;
                List<Long> sizes = Arrays.stream(shape).boxed().toList();
                int bytes = (int) (Arrays.stream(shape).reduce(1, (a, b) -> a * b) * type.blockBytes());
                writer.tensor(name.gguf(), type, sizes, sink -> sink.write(new byte[bytes], 0, bytes));
            }

            @Override
            public void ternary(TensorName name, int rows, int columns) {
                TernaryEncoder encoder = columns % 256 != 0 ? TernaryEncoder.I2_S : TernaryEncoder.TQ1_0;
                byte[] packed = new byte
                        [rows
                                * columns
                                / encoder.type().blockElements()
                                * encoder.type().blockBytes()];
                encoder.encode(new byte[rows * columns], 0, rows * columns, 0.5f, packed, 0);
                byte[] tail = encoder.tail(0.5f);
                writer.tensor(name.gguf(), encoder.type(), List.of((long) rows, (long) columns), sink -> {
                    sink.write(packed, 0, packed.length);
                    sink.write(tail, 0, tail.length);
                });
            }
        });
        writer.write(path, ProgressListener.NONE);
        return Files.readAllBytes(path);
    }

    /** Receives the tensors of the small model. */
    private interface Shapes {
        void floats(TensorName name, long... shape);

        void ternary(TensorName name, int rows, int columns);
    }

    private static void tensors(Shapes shapes) {
        shapes.floats(TensorName.of(TensorRole.TOKEN_EMBEDDING), 64, HIDDEN);
        shapes.floats(TensorName.of(TensorRole.OUTPUT_NORM), HIDDEN);
        shapes.floats(TensorName.of(TensorRole.ATTENTION_NORM), HIDDEN);
        shapes.floats(TensorName.of(TensorRole.ATTENTION_SUB_NORM), HIDDEN);
        shapes.floats(TensorName.of(TensorRole.FEED_FORWARD_NORM), HIDDEN);
        shapes.floats(TensorName.of(TensorRole.FEED_FORWARD_SUB_NORM), 2 * HIDDEN);
        shapes.ternary(TensorName.of(TensorRole.ATTENTION_QUERY), HIDDEN, HIDDEN);
        shapes.ternary(TensorName.of(TensorRole.ATTENTION_KEY), 64, HIDDEN);
        shapes.ternary(TensorName.of(TensorRole.ATTENTION_VALUE), 64, HIDDEN);
        shapes.ternary(TensorName.of(TensorRole.ATTENTION_OUTPUT), HIDDEN, HIDDEN);
        shapes.ternary(TensorName.of(TensorRole.FEED_FORWARD_GATE), 2 * HIDDEN, HIDDEN);
        shapes.ternary(TensorName.of(TensorRole.FEED_FORWARD_UP), 2 * HIDDEN, HIDDEN);
        shapes.ternary(TensorName.of(TensorRole.FEED_FORWARD_DOWN), HIDDEN, 2 * HIDDEN);
    }

    /** Where the numbers of a GGUF header are. */
    private static final class Fields {
        private final ByteBuffer bytes;
        private final List<int[]> found = new ArrayList<>();

        Fields(byte[] file) {
            bytes = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
            number(4);
            number(4);
            int tensors = (int) number(8);
            int pairs = (int) number(8);
            for (int i = 0; i < pairs; i++) {
                text();
                value((int) number(4));
            }
            for (int i = 0; i < tensors; i++) {
                text();
                int dimensions = (int) number(4);
                for (int d = 0; d < dimensions; d++) {
                    number(8);
                }
                number(4);
                number(8);
            }
        }

        int end() {
            return bytes.position();
        }

        /** Position and width of a number. */
        int[] pick(Random random) {
            return found.get(random.nextInt(found.size()));
        }

        private long number(int width) {
            found.add(new int[] {bytes.position(), width});
            return switch (width) {
                case 1 -> bytes.get();
                case 2 -> bytes.getShort();
                case 4 -> bytes.getInt();
                default -> bytes.getLong();
            };
        }

        private void text() {
            int length = (int) number(8);
            bytes.position(bytes.position() + length);
        }

        private void value(int type) {
            switch (type) {
                case 8 -> text();
                case 9 -> {
                    int element = (int) number(4);
                    int count = (int) number(8);
                    // Many elements would crowd out the rest.
                    int counted = found.size();
                    for (int i = 0; i < count; i++) {
                        value(element);
                    }
                    while (found.size() > counted + 4) {
                        found.removeLast();
                    }
                }
                case 0, 1, 7 -> number(1);
                case 2, 3 -> number(2);
                case 4, 5, 6 -> number(4);
                default -> number(8);
            }
        }
    }

    @Test
    void mutatedGgufFilesLoadOrAreRefused() throws IOException, ReflectiveOperationException {
        AllocationMeter meter = new AllocationMeter();
        Path path = folder.resolve("model.gguf");
        byte[] original = smallGguf(path);
        Fields fields = new Fields(original);
        check("the original", path, original.length, meter);
        assertThat(sites).containsOnlyKeys("loaded");
        Random random = new Random(20_250_101);
        for (int i = 0; i < FILES; i++) {
            byte[] bytes = original.clone();
            int kind = i % 6;
            switch (kind) {
                case 0 -> bytes = Arrays.copyOf(bytes, random.nextInt(i % 12 == 0 ? fields.end() : bytes.length));
                case 1 -> flip(bytes, 4, fields.end(), 1 + random.nextInt(4), random);
                case 2 -> flip(bytes, 0, bytes.length, 1 + random.nextInt(64), random);
                case 3 -> {
                    int from = random.nextInt(fields.end());
                    int length = 1 + random.nextInt(64);
                    bytes = random.nextBoolean() ? without(bytes, from, length) : doubled(bytes, from, length);
                }
                default -> {
                    for (int n = kind == 4 ? 1 : 2; n > 0; n--) {
                        int[] field = fields.pick(random);
                        put(bytes, field[0], field[1], number(random, original.length));
                    }
                }
            }
            Files.write(path, bytes);
            check("GGUF mutation " + i + " of kind " + kind, path, Math.max(bytes.length, 1), meter);
        }
        report("GGUF", 25);
    }

    @Test
    void mutatedHubDirectoriesLoadOrAreRefused() throws IOException, ReflectiveOperationException {
        AllocationMeter meter = new AllocationMeter();
        Path weights = folder.resolve("model.safetensors");
        Path config = folder.resolve("config.json");
        String configText = Files.readString(TestFiles.PACKED.resolve("config.json"))
                .replace("\"vocab_size\": 2048", "\"vocab_size\": 64")
                .replace("\"hidden_size\": 256", "\"hidden_size\": " + HIDDEN)
                .replace("\"intermediate_size\": 768", "\"intermediate_size\": " + 2 * HIDDEN)
                .replace("\"num_hidden_layers\": 4", "\"num_hidden_layers\": 1")
                .replace("\"num_attention_heads\": 4", "\"num_attention_heads\": 2")
                .replace("\"num_key_value_heads\": 2", "\"num_key_value_heads\": 1");
        byte[] original = smallSafetensors();
        int length =
                (int) ByteBuffer.wrap(original).order(ByteOrder.LITTLE_ENDIAN).getLong();
        String header = new String(original, 8, length, StandardCharsets.UTF_8);
        byte[] data = Arrays.copyOfRange(original, 8 + length, original.length);
        Files.write(weights, original);
        Files.writeString(config, configText);
        check("the original", folder, original.length, meter);
        assertThat(sites).containsOnlyKeys("loaded");
        Random random = new Random(20_250_102);
        for (int i = 0; i < FILES; i++) {
            byte[] bytes = original.clone();
            String json = configText;
            int kind = i % 6;
            switch (kind) {
                case 0 -> bytes = Arrays.copyOf(bytes, random.nextInt(i % 12 == 0 ? 8 + length : bytes.length));
                case 1 -> {
                    if (i % 24 == 1) {
                        flip(bytes, 0, 8 + length, 1 + random.nextInt(3), random);
                    } else {
                        byte[] mutated = mutated(header, random).getBytes(StandardCharsets.UTF_8);
                        bytes = GgufBytes.join(GgufBytes.int64(mutated.length), mutated, data);
                    }
                }
                case 2 -> flip(bytes, 8 + length, bytes.length, 1 + random.nextInt(64), random);
                case 3 -> put(bytes, 0, 8, i % 12 == 3 ? number(random, length) : length + random.nextInt(64) - 32);
                case 4 -> {
                    byte[] mutated = mutated(header, random).getBytes(StandardCharsets.UTF_8);
                    bytes = GgufBytes.join(GgufBytes.int64(mutated.length), mutated, data);
                }
                default -> json = i % 12 == 5 ? mutated(configText, random) : withoutSome(configText, random);
            }
            Files.write(weights, bytes);
            Files.writeString(config, json);
            check("safetensors mutation " + i + " of kind " + kind, folder, bytes.length + json.length(), meter);
        }
        report("safetensors", 20);
    }

    private static byte[] smallSafetensors() {
        StringBuilder header = new StringBuilder("{\"__metadata__\":{\"format\":\"pt\"}");
        List<byte[]> data = new ArrayList<>();
        int[] end = {0};
        tensors(new Shapes() {
            private void add(String name, String type, byte[] bytes, long... shape) {
                header.append(String.format(
                        ",\"%s\":{\"dtype\":\"%s\",\"shape\":%s,\"data_offsets\":[%d,%d]}",
                        name, type, Arrays.toString(shape), end[0], end[0] + bytes.length));
                end[0] += bytes.length;
                data.add(bytes);
            }

            @Override
            public void floats(TensorName name, long... shape) {
                add(name.hub(), "BF16", new byte[(int) (2 * Arrays.stream(shape).reduce(1, (a, b) -> a * b))], shape);
            }

            @Override
            public void ternary(TensorName name, int rows, int columns) {
                byte[] packed = new byte[rows / 4 * columns];
                Arrays.fill(packed, (byte) 0b10010001);
                add(name.hub(), "U8", packed, rows / 4, columns);
                add(name.hub() + "_scale", "BF16", new byte[] {0, 0x3F}, 1);
            }
        });
        return SafetensorsBytes.of(header.append('}').toString(), GgufBytes.join(data.toArray(byte[][]::new)));
    }

    private static long number(Random random, int size) {
        return switch (random.nextInt(4)) {
            case 0 -> random.nextInt(size);
            case 1 -> random.nextInt(64);
            default -> NUMBERS[random.nextInt(NUMBERS.length)];
        };
    }

    private static void put(byte[] bytes, int position, int width, long value) {
        for (int i = 0; i < width; i++) {
            bytes[position + i] = (byte) (value >> (8 * i));
        }
    }

    private static void flip(byte[] bytes, int from, int to, int times, Random random) {
        for (int i = 0; i < times; i++) {
            bytes[random.nextInt(from, to)] ^=
                    (byte) (random.nextBoolean() ? 1 << random.nextInt(8) : random.nextInt());
        }
    }

    private static byte[] without(byte[] bytes, int from, int length) {
        return GgufBytes.join(
                Arrays.copyOf(bytes, from),
                Arrays.copyOfRange(bytes, Math.min(bytes.length, from + length), bytes.length));
    }

    private static byte[] doubled(byte[] bytes, int from, int length) {
        int to = Math.min(bytes.length, from + length);
        return GgufBytes.join(Arrays.copyOf(bytes, to), Arrays.copyOfRange(bytes, from, bytes.length));
    }

    /** Replaces one or two numbers or strings of a JSON text by others. */
    private static String mutated(String json, Random random) {
        String text = json;
        for (int n = 1 + random.nextInt(2); n > 0; n--) {
            List<MatchResult> values = Pattern.compile("-?\\d+(\\.\\d+)?(e-?\\d+)?|\"[^\"]*\"")
                    .matcher(text)
                    .results()
                    .toList();
            MatchResult value = values.get(random.nextInt(values.size()));
            String replacement = random.nextInt(3) == 0
                    ? Integer.toString(random.nextInt(10_000))
                    : JSON_VALUES[random.nextInt(JSON_VALUES.length)];
            text = text.substring(0, value.start()) + replacement + text.substring(value.end());
        }
        return text;
    }

    /** Drops one line of a JSON text. */
    private static String withoutSome(String json, Random random) {
        List<String> lines = new ArrayList<>(json.lines().toList());
        @Nullable String dropped = lines.remove(1 + random.nextInt(lines.size() - 2));
        assertThat(dropped).isNotNull();
        return String.join("\n", lines);
    }
}
