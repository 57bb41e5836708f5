package org.ryzanstein.loader.model;

import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.ryzanstein.api.kernel.KernelBackend;
import org.ryzanstein.api.kernel.MatrixUse;
import org.ryzanstein.api.kernel.MatrixWeights;
import org.ryzanstein.api.kernel.VectorWeights;
import org.ryzanstein.api.weight.WeightSource;
import org.ryzanstein.loader.format.TensorName;
import org.ryzanstein.loader.format.TensorRole;
import org.ryzanstein.loader.format.TensorSources;
import org.ryzanstein.loader.parallel.Range;
import org.ryzanstein.loader.parallel.SlicedWeights;

/** Takes a model's tensors out of its file and packs them on a backend, counting elements and bytes. */
public final class WeightPacker {
    /** Told how many weights have been packed so far. */
    @FunctionalInterface
    public interface Progress {
        void packed(long weights);
    }

    private final TensorSources tensors;
    private final KernelBackend backend;
    private final Progress progress;
    private long weights;
    private long bytes;
    private long layerBytes;
    private long headBytes;
    private long candidateBytes;

    WeightPacker(TensorSources tensors, KernelBackend backend, Progress progress) {
        this.tensors = tensors;
        this.backend = backend;
        this.progress = progress;
    }

    /** A ternary matrix of a layer. */
    WeightSource.Ternary ternary(TensorRole role, int layer, int rows, int columns) {
        return tensors.ternary(TensorName.of(role, layer), rows, columns);
    }

    /** Ternary matrices that share their input, as one; null without any rows. */
    @Nullable
    MatrixWeights stacked(WeightSource.Ternary... parts) {
        return Arrays.stream(parts).allMatch(part -> part.rows() == 0) ? null : ternary(parts);
    }

    /** Ternary matrices that share their input, as one. */
    MatrixWeights ternary(WeightSource.Ternary... parts) {
        WeightSource.Ternary source = parts.length == 1 ? parts[0] : TensorSources.merged(List.of(parts));
        return matrix(source, Set.of(MatrixUse.LINEAR));
    }

    /** A matrix of a layer, of whatever kind the file has. */
    WeightSource source(TensorRole role, int layer, int rows, int columns) {
        return tensors.matrix(TensorName.of(role, layer), rows, columns);
    }

    /** A matrix for float activations. */
    MatrixWeights linear(WeightSource source) {
        return matrix(source, Set.of(MatrixUse.LINEAR));
    }

    boolean has(TensorName name) {
        return tensors.has(name);
    }

    /** A matrix of the whole model that tokens or logits stand in, in floats or blocks. */
    MatrixWeights table(TensorRole role, int rows, int columns, Set<MatrixUse> uses) {
        return matrix(tensors.floatsOrBlocks(TensorName.of(role), rows, columns), uses);
    }

    /** Some rows of such a matrix; null: none, since a matrix has at least one. */
    @Nullable
    MatrixWeights table(TensorRole role, int rows, int columns, Range range, Set<MatrixUse> uses) {
        WeightSource source = tensors.floatsOrBlocks(TensorName.of(role), rows, columns);
        return range.isEmpty() ? null : matrix(SlicedWeights.rows(source, range), uses);
    }

    VectorWeights vector(TensorName name, int length) {
        return vector(name, length, new Range(0, length));
    }

    /** Some elements of a vector; one zero where there are none. */
    VectorWeights vector(TensorName name, int length, Range range) {
        VectorWeights packed = backend.packVector(SlicedWeights.elements(tensors.floats(name, 1, length), range));
        long packedBytes = (long) range.count() * Float.BYTES;
        count(range.count(), packedBytes);
        layerBytes += packedBytes;
        return packed;
    }

    private MatrixWeights matrix(WeightSource source, Set<MatrixUse> uses) {
        MatrixWeights packed = backend.packMatrix(source, uses);
        tensors.releasePages();
        count((long) source.rows() * source.columns(), packed.bytes());
        if (uses.contains(MatrixUse.LINEAR)) {
            layerBytes += packed.bytesPerProduct();
        }
        if (uses.contains(MatrixUse.HEAD)) {
            headBytes += packed.bytesPerProduct();
            candidateBytes += packed.bytesPerCandidate();
        }
        return packed;
    }

    private void count(long moreWeights, long moreBytes) {
        weights += moreWeights;
        bytes += moreBytes;
        progress.packed(weights);
    }

    long bytes() {
        return bytes;
    }

    WeightTraffic traffic() {
        return new WeightTraffic(layerBytes, headBytes, candidateBytes);
    }
}
