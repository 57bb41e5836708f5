package org.ryzanstein.loader.format;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.ryzanstein.api.weight.WeightSource;

/**
 * Element types of tensors in model files. Constants up to {@link #Q1_0} carry the type number that GGUF stores; the ones
 * after it occur in safetensors alone.
 *
 * <p>A quantised type stores blocks of {@link #blockElements()} elements in {@link #blockBytes()} bytes. {@link #I2_S} is
 * the exception: blocks of 128 elements in 32 bytes run over the whole tensor, and 32 bytes follow them, the first four of
 * which hold the tensor's scale. Its number, 36, belonged to a type that ggml removed from files.
 */
public enum TensorType {
    F32(0, 1, 4, true),
    F16(1, 1, 2, true),
    Q4_0(2, 32, 18, true),
    Q4_1(3, 32, 20, true),
    Q5_0(6, 32, 22, true),
    Q5_1(7, 32, 24, true),
    Q8_0(8, 32, 34, true),
    Q8_1(9, 32, 36, false),
    Q2_K(10, 256, 84, true),
    Q3_K(11, 256, 110, true),
    Q4_K(12, 256, 144, true),
    Q5_K(13, 256, 176, true),
    Q6_K(14, 256, 210, true),
    Q8_K(15, 256, 292, false),
    IQ2_XXS(16, 256, 66, false),
    IQ2_XS(17, 256, 74, false),
    IQ3_XXS(18, 256, 98, false),
    IQ1_S(19, 256, 50, false),
    IQ4_NL(20, 32, 18, true),
    IQ3_S(21, 256, 110, false),
    IQ2_S(22, 256, 82, false),
    IQ4_XS(23, 256, 136, true),
    I8(24, 1, 1, false),
    I16(25, 1, 2, false),
    I32(26, 1, 4, false),
    I64(27, 1, 8, false),
    F64(28, 1, 8, false),
    IQ1_M(29, 256, 56, false),
    BF16(30, 1, 2, true),
    Q4_0_4_4(31, 32, 18, false),
    Q4_0_4_8(32, 32, 18, false),
    Q4_0_8_8(33, 32, 18, false),
    TQ1_0(34, 256, 54, true),
    TQ2_0(35, 256, 66, true),
    I2_S(36, 128, 32, true),
    MXFP4(39, 32, 17, true),
    NVFP4(40, 64, 36, false),
    Q1_0(41, 128, 18, false),

    U8(-1, 1, 1, true),
    BOOL(-1, 1, 1, false),
    F8_E4M3(-1, 1, 1, false),
    F8_E5M2(-1, 1, 1, false),
    U16(-1, 1, 2, false),
    U32(-1, 1, 4, false),
    U64(-1, 1, 8, false);

    /** Bytes after the blocks of an {@link #I2_S} tensor; the scale, a float32, is the first four of them. */
    static final int I2_S_TAIL = 32;

    private static final Map<Integer, TensorType> BY_ID = Arrays.stream(values())
            .filter(type -> type.id >= 0)
            .collect(Collectors.toUnmodifiableMap(type -> type.id, Function.identity()));

    private final int id;
    private final int blockElements;
    private final int blockBytes;
    private final boolean decodable;

    TensorType(int id, int blockElements, int blockBytes, boolean decodable) {
        this.id = id;
        this.blockElements = blockElements;
        this.blockBytes = blockBytes;
        this.decodable = decodable;
    }

    /** The type with this number in GGUF, or empty where no known type has it. */
    public static Optional<TensorType> ofId(int id) {
        @Nullable TensorType type = BY_ID.get(id);
        return Optional.ofNullable(type);
    }

    /** The types that {@link TensorSources} decodes. */
    public static List<TensorType> decodableTypes() {
        return Arrays.stream(values()).filter(type -> type.decodable).toList();
    }

    /** The types of which {@link #isBlocks} is true. */
    static List<TensorType> blockTypes() {
        return Arrays.stream(values()).filter(TensorType::isBlocks).toList();
    }

    /** The number that GGUF stores, or -1 for a type of safetensors alone. */
    public int id() {
        return id;
    }

    /** Elements in a block; 1 for a plain type. */
    public int blockElements() {
        return blockElements;
    }

    /** Bytes of a block. */
    public int blockBytes() {
        return blockBytes;
    }

    /** Whether {@link TensorSources} decodes this type. */
    public boolean decodable() {
        return decodable;
    }

    /** Whether this is F32, F16 or BF16. */
    public boolean isFloat() {
        return this == F32 || this == F16 || this == BF16;
    }

    /** Whether this is a type in blocks of 32 or 256 that is read as {@link WeightSource.Blocks}. */
    public boolean isBlocks() {
        return switch (this) {
            case Q8_0, Q4_0, Q4_1, Q5_0, Q5_1, Q2_K, Q3_K, Q4_K, Q5_K, Q6_K, IQ4_NL, IQ4_XS, MXFP4 -> true;
            default -> false;
        };
    }

    /**
     * Bytes of a tensor of this type, or empty where the elements do not fill whole blocks or the size overflows.
     *
     * @param columns length of a row, the unit that must hold whole blocks (for I2_S the whole tensor is)
     * @param rows number of rows
     */
    public OptionalLong bytes(long columns, long rows) {
        try {
            long elements = Math.multiplyExact(columns, rows);
            long filled = this == I2_S ? elements : columns;
            if (filled % blockElements != 0) {
                return OptionalLong.empty();
            }
            long bytes = Math.multiplyExact(elements / blockElements, (long) blockBytes);
            return OptionalLong.of(this == I2_S ? Math.addExact(bytes, I2_S_TAIL) : bytes);
        } catch (ArithmeticException overflow) {
            return OptionalLong.empty();
        }
    }
}
