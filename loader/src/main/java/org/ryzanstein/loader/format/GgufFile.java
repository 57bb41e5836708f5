package org.ryzanstein.loader.format;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * A GGUF file, version 2 or 3, little-endian, memory-mapped. The layout is that of gguf.md in the ggml project: magic,
 * version, tensor count, value count, key-value pairs, tensor descriptions, padding, tensor data.
 *
 * <p>Opening reads the header alone. No length in it is trusted: counts and sizes are compared with the file's size before
 * anything is allocated; repeated names, and tensors that overlap or leave the file, are refused by name.
 */
public final class GgufFile implements AutoCloseable {
    /** The bytes {@code GGUF}. */
    static final int MAGIC = 0x46554747;

    static final String ALIGNMENT_KEY = "general.alignment";
    static final int DEFAULT_ALIGNMENT = 32;

    private static final int HEADER_BYTES = 24;
    private static final int LONGEST_KEY = 65_535;
    private static final int LONGEST_TENSOR_NAME = 255;
    private static final int MOST_DIMENSIONS = 4;
    private static final int LARGEST_ALIGNMENT = 1 << 20;
    // A key of one byte: its length, itself, the type and a value of one byte.
    private static final int SMALLEST_PAIR = 8 + 1 + 4 + 1;
    // A name of one byte: its length, itself, the number of dimensions, one dimension, the type and the offset.
    private static final int SMALLEST_TENSOR = 8 + 1 + 4 + 8 + 4 + 8;

    private final MappedFile mapped;
    private final int version;
    private final int alignment;
    private final GgufMetadata metadata;
    private final Map<String, TensorInfo> tensors;

    private GgufFile(MappedFile mapped) {
        this.mapped = mapped;
        Parser parser = new Parser(mapped);
        this.version = parser.version;
        this.metadata = parser.metadata;
        this.alignment = parser.alignment;
        this.tensors = Collections.unmodifiableMap(parser.tensors);
    }

    /**
     * Opens a file and reads its header.
     *
     * @throws ModelFormatException if this is no GGUF file that can be read, with the field and the reason
     */
    public static GgufFile open(Path path) {
        MappedFile mapped = MappedFile.open(path, "a GGUF file");
        try {
            return new GgufFile(mapped);
        } catch (RuntimeException refusal) {
            mapped.close();
            throw refusal;
        }
    }

    public Path path() {
        return mapped.path();
    }

    /** What has happened to the file since it was opened, if it was written to. */
    Optional<String> change() {
        return mapped.change();
    }

    /** The container's version, 2 or 3. */
    public int version() {
        return version;
    }

    MemorySegment bytes() {
        return mapped.bytes();
    }

    /** Size of the file in bytes. */
    public long size() {
        return mapped.bytes().byteSize();
    }

    /** Tensor data begins at multiples of this many bytes. */
    public int alignment() {
        return alignment;
    }

    public Metadata metadata() {
        return metadata;
    }

    GgufMetadata values() {
        return metadata;
    }

    /** The tensors by name, in the file's order. */
    public Map<String, TensorInfo> tensors() {
        return tensors;
    }

    /** The value of {@code general.architecture}. */
    public String architecture() {
        return metadata.string("general.architecture")
                .orElseThrow(() -> ModelFormatException.of(
                        metadata.source(), "general.architecture", "nothing", "the architecture's name"));
    }

    /** Unmaps the file. Tensor data must not be in use any more. */
    @Override
    public void close() {
        mapped.close();
    }

    /** Reads the header once, in order. */
    private static final class Parser {
        private final String file;
        private final MemorySegment bytes;
        private final GgufCursor cursor;
        private final int version;
        private final int alignment;
        private final GgufMetadata metadata;
        private final Map<String, TensorInfo> tensors;

        Parser(MappedFile mapped) {
            file = mapped.path().toString();
            bytes = mapped.bytes();
            cursor = new GgufCursor(file, bytes);
            if (bytes.byteSize() < HEADER_BYTES) {
                throw ModelFormatException.of(
                        file, "header", "a file of " + bytes.byteSize() + " bytes", "at least " + HEADER_BYTES);
            }
            version = readVersion();
            int tensorCount = cursor.readCount(SMALLEST_TENSOR, "tensor count", "tensors");
            int pairCount = cursor.readCount(SMALLEST_PAIR, "metadata count", "key-value pairs");
            metadata = new GgufMetadata(file, readPairs(pairCount));
            alignment = readAlignment();
            tensors = readTensors(tensorCount);
        }

        private int readVersion() {
            int magic = cursor.readInt("magic");
            if (magic != MAGIC) {
                throw ModelFormatException.of(
                        file, "magic", String.format("0x%08x", Integer.reverseBytes(magic)), "GGUF (0x47475546)");
            }
            int found = cursor.readInt("version");
            if (found == 2 || found == 3) {
                return found;
            }
            int swapped = Integer.reverseBytes(found);
            if (swapped >= 1 && swapped <= 3) {
                throw ModelFormatException.of(
                        file, "version", "a big-endian file of version " + swapped, "a little-endian one; convert it");
            }
            throw ModelFormatException.of(file, "version", Integer.toUnsignedString(found), "2 or 3");
        }

        private Map<String, GgufValue> readPairs(int count) {
            Map<String, GgufValue> values = new LinkedHashMap<>();
            for (int i = 0; i < count; i++) {
                String key = cursor.readName("key of metadata pair " + i, LONGEST_KEY);
                GgufValue value = readValue(key);
                if (values.putIfAbsent(key, value) != null) {
                    throw ModelFormatException.of(file, key, "the key twice", "it once");
                }
            }
            return values;
        }

        private GgufValueType readType(String field) {
            int number = cursor.readInt(field);
            if (!GgufValueType.isKnown(number)) {
                throw ModelFormatException.of(
                        file, field, "value type " + Integer.toUnsignedString(number), "a type from 0 to 12");
            }
            return GgufValueType.of(number);
        }

        private GgufValue readValue(String key) {
            GgufValueType type = readType(key);
            long start = cursor.position();
            GgufValue.Content content = switch (type) {
                case UINT8 -> whole(cursor.readByte(key) & 0xFF);
                case INT8 -> whole(cursor.readByte(key));
                case UINT16 -> whole(cursor.readShort(key) & 0xFFFF);
                case INT16 -> whole(cursor.readShort(key));
                case UINT32 -> whole(cursor.readInt(key) & 0xFFFFFFFFL);
                case INT32 -> whole(cursor.readInt(key));
                case UINT64 -> {
                    long bits = cursor.readLong(key);
                    yield new GgufValue.Whole(bits, bits >= 0);
                }
                case INT64 -> whole(cursor.readLong(key));
                case FLOAT32 -> new GgufValue.Real(Float.intBitsToFloat(cursor.readInt(key)));
                case FLOAT64 -> new GgufValue.Real(Double.longBitsToDouble(cursor.readLong(key)));
                case BOOL -> new GgufValue.Truth(readBool(key));
                case STRING -> new GgufValue.Text(cursor.readText(key));
                case ARRAY -> readArray(key);
            };
            return new GgufValue(type, bytes.asSlice(start, cursor.position() - start), content);
        }

        private static GgufValue.Content whole(long value) {
            return new GgufValue.Whole(value, true);
        }

        private boolean readBool(String key) {
            int value = cursor.readByte(key);
            if (value != 0 && value != 1) {
                throw ModelFormatException.of(file, key, "bool " + (value & 0xFF), "0 or 1");
            }
            return value == 1;
        }

        private GgufValue.Content readArray(String key) {
            GgufValueType element = readType(key + " (array)");
            if (element == GgufValueType.ARRAY) {
                throw ModelFormatException.of(file, key, "an array of arrays", "an array of plain values");
            }
            int count = cursor.readCount(element.smallest(), key, "elements");
            if (element == GgufValueType.STRING) {
                List<String> texts = new ArrayList<>(count);
                for (int i = 0; i < count; i++) {
                    texts.add(cursor.readText(key));
                }
                return new GgufValue.Texts(Collections.unmodifiableList(texts));
            }
            MemorySegment raw = cursor.take((long) count * element.smallest(), key);
            if (element == GgufValueType.BOOL) {
                for (long i = 0; i < count; i++) {
                    int value = raw.get(JAVA_BYTE, i);
                    if (value != 0 && value != 1) {
                        throw ModelFormatException.of(file, key + "[" + i + "]", "bool " + (value & 0xFF), "0 or 1");
                    }
                }
            }
            return new GgufValue.Elements(element, count, raw);
        }

        private int readAlignment() {
            OptionalLong stored = metadata.integer(ALIGNMENT_KEY);
            if (stored.isEmpty()) {
                return DEFAULT_ALIGNMENT;
            }
            long value = stored.getAsLong();
            if (value < 1 || value > LARGEST_ALIGNMENT || Long.bitCount(value) != 1) {
                throw ModelFormatException.of(
                        file, ALIGNMENT_KEY, Long.toString(value), "a power of two up to " + LARGEST_ALIGNMENT);
            }
            return (int) value;
        }

        private Map<String, TensorInfo> readTensors(int count) {
            List<Description> descriptions = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                descriptions.add(readDescription(i));
            }
            // A file without tensors, such as a vocabulary, may end without the padding.
            long begin = Math.ceilDiv(cursor.position(), (long) alignment) * alignment;
            Map<String, TensorInfo> found = new LinkedHashMap<>();
            for (Description description : descriptions) {
                TensorInfo tensor = description.locate(this, begin);
                if (found.putIfAbsent(tensor.name(), tensor) != null) {
                    throw ModelFormatException.of(file, tensor.name(), "the tensor twice", "it once");
                }
            }
            refuseOverlaps(found);
            return found;
        }

        private Description readDescription(int index) {
            String name = cursor.readName("name of tensor " + index, LONGEST_TENSOR_NAME);
            int dimensions = cursor.readInt(name + " dimensions");
            if (dimensions < 1 || dimensions > MOST_DIMENSIONS) {
                throw ModelFormatException.of(
                        file, name, Integer.toUnsignedString(dimensions) + " dimensions", "1 to " + MOST_DIMENSIONS);
            }
            List<Long> shape = new ArrayList<>(dimensions);
            for (int i = 0; i < dimensions; i++) {
                long size = cursor.readLong(name + " shape");
                if (size < 1) {
                    throw ModelFormatException.of(
                            file, name, "dimension " + i + " of size " + Long.toUnsignedString(size), "at least 1");
                }
                // The file lists the contiguous dimension first.
                shape.addFirst(size);
            }
            int number = cursor.readInt(name + " type");
            TensorType type = TensorType.ofId(number)
                    .orElseThrow(() -> ModelFormatException.of(
                            file,
                            name,
                            "tensor type " + Integer.toUnsignedString(number),
                            "a known type, such as " + TensorType.decodableTypes()));
            long offset = cursor.readLong(name + " offset");
            return new Description(name, type, shape, offset);
        }

        private void refuseOverlaps(Map<String, TensorInfo> found) {
            List<TensorInfo> ordered = new ArrayList<>(found.values());
            ordered.sort(Comparator.comparingLong(TensorInfo::offset));
            @Nullable TensorInfo previous = null;
            for (TensorInfo tensor : ordered) {
                if (previous != null && tensor.offset() < previous.offset() + previous.bytes()) {
                    throw ModelFormatException.of(
                            file,
                            tensor.name(),
                            "data at byte " + tensor.offset() + ", within " + previous.name(),
                            "tensors that do not overlap");
                }
                previous = tensor;
            }
        }
    }

    /** A tensor as described in the header, before its place is known. */
    private record Description(String name, TensorType type, List<Long> shape, long offset) {
        TensorInfo locate(Parser parser, long begin) {
            long rows = 1;
            for (long size : shape.subList(0, shape.size() - 1)) {
                rows = Math.multiplyHigh(rows, size) == 0 ? rows * size : -1;
                if (rows <= 0) {
                    throw ModelFormatException.of(
                            parser.file, name, "shape " + TensorInfo.shapeText(shape), "fewer than 2^63 elements");
                }
            }
            long size = type.bytes(shape.getLast(), rows)
                    .orElseThrow(() -> ModelFormatException.of(
                            parser.file,
                            name,
                            "shape " + TensorInfo.shapeText(shape) + " of type " + type,
                            "rows of whole blocks of " + type.blockElements()
                                    + " elements, and fewer than 2^63 bytes"));
            if (offset < 0 || offset % parser.alignment != 0) {
                throw ModelFormatException.of(
                        parser.file,
                        name,
                        "offset " + Long.toUnsignedString(offset),
                        "a multiple of the alignment, " + parser.alignment);
            }
            long room = parser.bytes.byteSize() - begin;
            if (offset > room || size > room - offset) {
                throw ModelFormatException.of(
                        parser.file,
                        name,
                        size + " bytes at offset " + offset + " of the data",
                        "data within the file, which has " + Math.max(room, 0) + " bytes of it (is it truncated?)");
            }
            long start = begin + offset;
            return new TensorInfo(name, type, shape, start, parser.bytes.asSlice(start, size));
        }
    }
}
