package org.ryzanstein.loader.format;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A safetensors file, memory-mapped: the length of the header (uint64, little-endian), the header in JSON, the data.
 *
 * <p>The header's length is compared with the file's size before the header is read; a tensor must lie within the file,
 * overlap no other, and have the size that its shape and type say.
 */
final class SafetensorsFile implements AutoCloseable {
    private static final int LENGTH_BYTES = 8;
    private static final int LONGEST_HEADER = 100_000_000;
    private static final String METADATA = "__metadata__";
    private static final Map<String, TensorType> TYPES = Arrays.stream(new TensorType[] {
                TensorType.F64,
                TensorType.F32,
                TensorType.F16,
                TensorType.BF16,
                TensorType.F8_E4M3,
                TensorType.F8_E5M2,
                TensorType.I64,
                TensorType.I32,
                TensorType.I16,
                TensorType.I8,
                TensorType.U64,
                TensorType.U32,
                TensorType.U16,
                TensorType.U8,
                TensorType.BOOL
            })
            .collect(Collectors.toUnmodifiableMap(TensorType::name, type -> type));

    private final MappedFile mapped;
    private final Map<String, TensorInfo> tensors;
    private final Map<String, String> metadata;

    private SafetensorsFile(MappedFile mapped) {
        this.mapped = mapped;
        String file = mapped.path().toString();
        MemorySegment bytes = mapped.bytes();
        long room = bytes.byteSize() - LENGTH_BYTES;
        if (room < 0) {
            throw ModelFormatException.of(
                    file, "header length", "a file of " + bytes.byteSize() + " bytes", "at least " + LENGTH_BYTES);
        }
        long length = bytes.get(LittleEndian.LONG, 0);
        if (length < 2 || length > Math.min(room, LONGEST_HEADER)) {
            throw ModelFormatException.of(
                    file,
                    "header length",
                    Long.toUnsignedString(length),
                    "2 to " + Math.min(room, LONGEST_HEADER) + " (is it a truncated file?)");
        }
        Json header =
                Json.parse(file, "header", bytes.asSlice(LENGTH_BYTES, length).toArray(JAVA_BYTE));
        this.metadata = header.object(METADATA).map(Json::raw).orElse(Map.of());
        this.tensors = Collections.unmodifiableMap(readTensors(header, bytes, LENGTH_BYTES + length));
    }

    /**
     * Opens a file and reads its header.
     *
     * @throws ModelFormatException if this is no safetensors file that can be read, with the field and the reason
     */
    static SafetensorsFile open(Path path) {
        MappedFile mapped = MappedFile.open(path, "a safetensors file");
        try {
            return new SafetensorsFile(mapped);
        } catch (RuntimeException refusal) {
            mapped.close();
            throw refusal;
        }
    }

    Path path() {
        return mapped.path();
    }

    MemorySegment bytes() {
        return mapped.bytes();
    }

    /** What has happened to the file since it was opened, if it was written to. */
    Optional<String> change() {
        return mapped.change();
    }

    /** The tensors by name, in the header's order. */
    Map<String, TensorInfo> tensors() {
        return tensors;
    }

    /** The header's free-form metadata. */
    Map<String, String> metadata() {
        return metadata;
    }

    @Override
    public void close() {
        mapped.close();
    }

    private static Map<String, TensorInfo> readTensors(Json header, MemorySegment bytes, long begin) {
        Map<String, TensorInfo> tensors = new LinkedHashMap<>();
        for (String name : header.fields()) {
            if (!name.equals(METADATA)) {
                Json description = header.object(name)
                        .orElseThrow(() -> ModelFormatException.of(header.file(), name, "null", "an object"));
                tensors.put(name, readTensor(name, description, bytes, begin));
            }
        }
        List<TensorInfo> ordered = new ArrayList<>(tensors.values());
        ordered.sort(Comparator.comparingLong(TensorInfo::offset).thenComparingLong(TensorInfo::bytes));
        @Nullable TensorInfo previous = null;
        for (TensorInfo tensor : ordered) {
            if (previous != null && tensor.offset() < previous.offset() + previous.bytes()) {
                throw ModelFormatException.of(
                        header.file(),
                        tensor.name() + ".data_offsets",
                        "data at byte " + tensor.offset() + ", within " + previous.name(),
                        "tensors that do not overlap");
            }
            previous = tensor;
        }
        return tensors;
    }

    private static TensorInfo readTensor(String name, Json description, MemorySegment bytes, long begin) {
        String file = description.file();
        String stored = required(description.text("dtype"), description, "dtype", "a type");
        @Nullable TensorType type = TYPES.get(stored);
        if (type == null) {
            throw ModelFormatException.of(
                    file,
                    description.path("dtype"),
                    stored,
                    "one of " + TYPES.keySet().stream().sorted().toList());
        }
        List<Long> shape = required(description.integers("shape"), description, "shape", "an array of sizes");
        long size = sizeOf(type, shape)
                .orElseThrow(() -> ModelFormatException.of(
                        file,
                        description.path("shape"),
                        TensorInfo.shapeText(shape),
                        "sizes from 0 of fewer than 2^63 bytes together"));
        List<Long> offsets =
                required(description.integers("data_offsets"), description, "data_offsets", "begin and end");
        long room = bytes.byteSize() - begin;
        if (offsets.size() != 2
                || offsets.getFirst() < 0
                || offsets.getLast() < offsets.getFirst()
                || offsets.getLast() > room) {
            throw ModelFormatException.of(
                    file,
                    description.path("data_offsets"),
                    offsets.toString(),
                    "begin and end within the " + room + " bytes of data (is the file truncated?)");
        }
        if (offsets.getLast() - offsets.getFirst() != size) {
            throw ModelFormatException.of(
                    file,
                    description.path("data_offsets"),
                    offsets.getLast() - offsets.getFirst() + " bytes",
                    size + " for shape " + TensorInfo.shapeText(shape) + " of type " + type);
        }
        long start = begin + offsets.getFirst();
        return new TensorInfo(name, type, shape, start, bytes.asSlice(start, size));
    }

    private static Optional<Long> sizeOf(TensorType type, List<Long> shape) {
        long size = type.blockBytes();
        for (long dimension : shape) {
            if (dimension < 0 || Math.multiplyHigh(size, dimension) != 0 || size * dimension < 0) {
                return Optional.empty();
            }
            size *= dimension;
        }
        return Optional.of(size);
    }

    private static <T> T required(Optional<T> value, Json description, String field, String expected) {
        return value.orElseThrow(
                () -> ModelFormatException.of(description.file(), description.path(field), "nothing", expected));
    }
}
