package org.ryzanstein.api.kernel;

import java.lang.foreign.MemorySegment;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.ryzanstein.api.weight.WeightSource;

/**
 * An opened backend: it owns buffers, packed weights, KV caches and the queue. Everything that it made dies with
 * {@link #close}. Allocation and packing may be called from one thread at a time.
 */
public interface KernelBackend extends AutoCloseable {
    String name();

    MemoryKind memoryKind();

    /**
     * Host memory of the kind that packed weights lie in, to measure how fast it can be read; null where they don't lie in
     * the host's memory. It dies with the backend.
     */
    default @Nullable MemorySegment weightMemory(long bytes) {
        return null;
    }

    /** A buffer with room for {@code rows} rows of {@code columns} elements, all zero. */
    Buffer allocate(ElementType type, RowSet rowSet, int rows, int columns);

    QuantizedActivations allocateQuantized(int rows, int columns);

    HeadOutput allocateHead(int maxRows, int vocabularySize, int maxCandidates);

    KvCache allocateKv(KvSpec spec);

    /**
     * Packs a matrix.
     *
     * @param uses what it will be read for
     * @throws UnsupportedWeightsException if this backend has no kernel for such content
     */
    MatrixWeights packMatrix(WeightSource source, Set<MatrixUse> uses);

    /** Packs a vector: a source of one row. */
    VectorWeights packVector(WeightSource.Floats source);

    /**
     * Takes over rotation angles.
     *
     * @param cos, sin shape (positions, dimension / 2), each the float32 nearest to the true value
     */
    RopeTable packRope(RopeStyle style, int positions, int dimension, float[] cos, float[] sin);

    /**
     * Records a step.
     *
     * @param shape the largest batch that it will see; the buffers used must have room for it
     */
    PreparedStep prepare(StepShape shape, Consumer<StepRecorder> recording);

    ExecutionQueue queue();

    @Override
    void close();
}
