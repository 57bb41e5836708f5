package org.ryzanstein.loader.quantize;

import java.util.Optional;
import org.ryzanstein.loader.format.TensorName;
import org.ryzanstein.loader.format.TensorRole;
import org.ryzanstein.loader.format.TensorType;

/**
 * Which type each tensor gets, after llama.cpp's quantisation without an importance matrix (llama_tensor_get_type in
 * src/llama-quant.cpp). The report gives the reason wherever it is not the type asked for.
 *
 * <ul>
 *   <li>Vectors stay F32.
 *   <li>The output head, which is the token embedding where both are one, becomes Q6_K unless the type is Q8_0, F16 or F32.
 *       In files of ternary types embedding and head become F16, as in the published BitNet files; llama.cpp would take
 *       Q6_K and Q4_K.
 *   <li>Q4_K is llama.cpp's mixture Q4_K_M: the value and down projections of the first and last eighth of the layers, and
 *       of every third one between them, become Q6_K. Its extra rule for models of 70B is left out.
 *   <li>Where rows are no multiple of 256, Q4_K falls back to Q5_0 and Q6_K to Q8_0; where they are no multiple of 32 either,
 *       all types do to F16. Ternary types have no fallback, since another type would change the digits.
 * </ul>
 */
final class TypeChooser {
    private final QuantizationOptions options;
    private final int layers;
    private final boolean tied;

    /**
     * A type with the reason why it is not the one asked for.
     *
     * @param reason empty where it is the one asked for
     */
    record Choice(TensorType type, Optional<String> reason) {}

    TypeChooser(QuantizationOptions options, int layers, boolean tied) {
        this.options = options;
        this.layers = layers;
        this.tied = tied;
    }

    /** The type of a matrix of so many rows and columns. */
    Choice matrix(TensorName name, int rows, int columns) {
        TensorType wanted = options.type();
        Optional<String> reason = Optional.empty();
        TensorRole role = name.role();
        if (role == TensorRole.OUTPUT || role == TensorRole.TOKEN_EMBEDDING) {
            wanted = end(role);
            if (wanted != options.type()) {
                reason = Optional.of(
                        options.head().isPresent() ? "head type as asked for" : "usual type of this tensor");
            }
        } else if (options.type() == TensorType.Q4_K && moreBits(name)) {
            wanted = TensorType.Q6_K;
            reason = Optional.of("mixture Q4_K_M");
        }
        TensorType fitting = wanted;
        while (fitting.bytes(columns, rows).isEmpty()) {
            fitting = fallback(fitting).orElse(fitting);
            if (fallback(fitting).isEmpty() && fitting.bytes(columns, rows).isEmpty()) {
                throw new UnfitShapeException(wanted, rows, columns);
            }
        }
        if (fitting != wanted) {
            reason = Optional.of("rows of " + columns + " fill no blocks of " + wanted);
        }
        return new Choice(fitting, reason);
    }

    private TensorType end(TensorRole role) {
        if (options.head().isPresent()) {
            return options.head().get();
        }
        boolean head = role == TensorRole.OUTPUT || tied;
        return switch (options.type()) {
            case TQ1_0, TQ2_0, I2_S -> TensorType.F16;
            case Q4_0, Q4_K -> head ? TensorType.Q6_K : options.type();
            default -> options.type();
        };
    }

    private boolean moreBits(TensorName name) {
        int eighth = layers / 8;
        int layer = name.layer();
        return (name.role() == TensorRole.ATTENTION_VALUE || name.role() == TensorRole.FEED_FORWARD_DOWN)
                && (layer < eighth || layer >= 7 * layers / 8 || (layer - eighth) % 3 == 2);
    }

    private static Optional<TensorType> fallback(TensorType type) {
        return switch (type) {
            case Q4_K -> Optional.of(TensorType.Q5_0);
            case Q6_K -> Optional.of(TensorType.Q8_0);
            case Q8_0, Q4_0, Q5_0 -> Optional.of(TensorType.F16);
            default -> Optional.empty();
        };
    }

    /** A type that has no fallback, for a matrix whose rows do not fill its blocks. */
    static final class UnfitShapeException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        UnfitShapeException(TensorType type, int rows, int columns) {
            super("a matrix of " + rows + " rows of " + columns + ", which fills no blocks of " + type);
        }
    }
}
