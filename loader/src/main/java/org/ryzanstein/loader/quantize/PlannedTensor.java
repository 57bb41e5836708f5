package org.ryzanstein.loader.quantize;

import java.util.List;
import java.util.Optional;
import org.ryzanstein.api.weight.WeightSource;
import org.ryzanstein.loader.format.TensorName;
import org.ryzanstein.loader.format.TensorType;

/**
 * One tensor of the file to come.
 *
 * @param name its name
 * @param shape rows first; a vector has one size
 * @param sourceType type in the source, or {@code computed} for a tensor that the source has not
 * @param sourceBytes bytes in the source
 * @param sourceIndex place among the source's tensors
 * @param reference the weights as the source has them, against which errors count
 * @param content the weights to write: the reference, or what it was rounded to by force
 * @param type type to write
 * @param reason why it is not the type asked for
 */
record PlannedTensor(
        TensorName name,
        List<Long> shape,
        String sourceType,
        long sourceBytes,
        int sourceIndex,
        WeightSource reference,
        WeightSource content,
        TensorType type,
        Optional<String> reason) {
    PlannedTensor {
        shape = List.copyOf(shape);
    }

    /** Whether ternary weights are written as such, in a type that holds digits and one scale without loss. */
    boolean keepsDigits() {
        return content instanceof WeightSource.Ternary && !type.isBlocks();
    }
}
