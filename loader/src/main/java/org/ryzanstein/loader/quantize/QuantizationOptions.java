package org.ryzanstein.loader.quantize;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.ryzanstein.loader.format.TensorType;

/**
 * What to write.
 *
 * @param type type of the layers' matrices: one of {@link #TYPES}
 * @param head type of token embedding and output head, one of {@link #HEAD_TYPES}; empty for the usual one, see
 *     {@link TypeChooser}
 * @param force whether weights that were not trained as ternary may be made ternary, and ternary ones something else
 */
public record QuantizationOptions(TensorType type, Optional<TensorType> head, boolean force) {
    /** Types for the matrices of a ternary model. */
    public static final List<TensorType> TERNARY_TYPES = List.of(TensorType.TQ1_0, TensorType.TQ2_0, TensorType.I2_S);

    /** Types for the matrices of any other model. */
    public static final List<TensorType> BLOCK_TYPES =
            List.of(TensorType.Q8_0, TensorType.Q4_0, TensorType.Q4_K, TensorType.Q6_K);

    /** All types for matrices; F16 and F32 serve both kinds of model. */
    public static final List<TensorType> TYPES = List.of(
            TensorType.TQ1_0,
            TensorType.TQ2_0,
            TensorType.I2_S,
            TensorType.Q8_0,
            TensorType.Q4_0,
            TensorType.Q4_K,
            TensorType.Q6_K,
            TensorType.F16,
            TensorType.F32);

    /** Types for embedding and head. */
    public static final List<TensorType> HEAD_TYPES =
            List.of(TensorType.F32, TensorType.F16, TensorType.Q8_0, TensorType.Q6_K);

    /** @throws IllegalArgumentException for a type that is not written */
    public QuantizationOptions {
        require("type", type, TYPES);
        head.ifPresent(chosen -> require("head", chosen, HEAD_TYPES));
    }

    /** Options for a type, everything else as usual. */
    public static QuantizationOptions of(TensorType type) {
        return new QuantizationOptions(type, Optional.empty(), false);
    }

    /**
     * A type by its name in any case.
     *
     * @throws IllegalArgumentException naming the option and the types there are
     */
    public static TensorType parse(String option, String name, List<TensorType> allowed) {
        for (TensorType type : allowed) {
            if (type.name().equals(name.toUpperCase(Locale.ROOT))) {
                return type;
            }
        }
        throw new IllegalArgumentException(option + ": found \"" + name + "\", expected one of " + allowed);
    }

    public QuantizationOptions withHead(TensorType chosen) {
        return new QuantizationOptions(type, Optional.of(chosen), force);
    }

    public QuantizationOptions forced() {
        return new QuantizationOptions(type, head, true);
    }

    boolean ternary() {
        return TERNARY_TYPES.contains(type);
    }

    /** llama.cpp's number for a file whose matrices are of this type. */
    int fileType() {
        return switch (type) {
            case F32 -> 0;
            case F16 -> 1;
            case Q4_0 -> 2;
            case Q8_0 -> 7;
            case Q4_K -> 15;
            case Q6_K -> 18;
            case TQ1_0 -> 36;
            case TQ2_0 -> 37;
            case I2_S -> 40;
            default -> throw new IllegalStateException(type + " is not written");
        };
    }

    private static void require(String what, TensorType type, List<TensorType> allowed) {
        if (!allowed.contains(type)) {
            throw new IllegalArgumentException(what + ": found " + type + ", expected one of " + allowed);
        }
    }
}
