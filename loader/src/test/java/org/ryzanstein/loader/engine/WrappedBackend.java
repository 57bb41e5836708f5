package org.ryzanstein.loader.engine;

import java.lang.foreign.MemorySegment;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.ryzanstein.api.kernel.Buffer;
import org.ryzanstein.api.kernel.ElementType;
import org.ryzanstein.api.kernel.ExecutionQueue;
import org.ryzanstein.api.kernel.HeadOutput;
import org.ryzanstein.api.kernel.KernelBackend;
import org.ryzanstein.api.kernel.KvCache;
import org.ryzanstein.api.kernel.KvSpec;
import org.ryzanstein.api.kernel.MatrixUse;
import org.ryzanstein.api.kernel.MatrixWeights;
import org.ryzanstein.api.kernel.MemoryKind;
import org.ryzanstein.api.kernel.PreparedStep;
import org.ryzanstein.api.kernel.QuantizedActivations;
import org.ryzanstein.api.kernel.RopeStyle;
import org.ryzanstein.api.kernel.RopeTable;
import org.ryzanstein.api.kernel.RowSet;
import org.ryzanstein.api.kernel.StepBatch;
import org.ryzanstein.api.kernel.StepRecorder;
import org.ryzanstein.api.kernel.StepShape;
import org.ryzanstein.api.kernel.VectorWeights;
import org.ryzanstein.api.weight.WeightSource;

/** A real backend whose next step can be made to fail, and which keeps the rotation table that it was given. */
final class WrappedBackend implements KernelBackend, ExecutionQueue {
    /** A rotation table as a model hands it over. */
    record Rotation(RopeStyle style, int positions, int dimension, float[] cos, float[] sin) {}

    private final KernelBackend real;
    private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
    private final AtomicReference<@Nullable Throwable> lateFailure = new AtomicReference<>();
    private volatile @Nullable Rotation rotation;
    private volatile boolean closed;

    WrappedBackend(KernelBackend real) {
        this.real = real;
    }

    /** Makes the next step throw. */
    void failNextStep(Throwable thrown) {
        failure.set(thrown);
    }

    /** Makes the next step throw when it has been computed. */
    void failAfterNextStep(Throwable thrown) {
        lateFailure.set(thrown);
    }

    private static void throwOnce(AtomicReference<@Nullable Throwable> failure) {
        Throwable thrown = failure.getAndSet(null);
        if (thrown instanceof RuntimeException e) {
            throw e;
        }
        if (thrown instanceof Error e) {
            throw e;
        }
    }

    @Nullable
    Rotation rotation() {
        return rotation;
    }

    boolean isClosed() {
        return closed;
    }

    @Override
    public void submit(PreparedStep step, StepBatch batch) {
        throwOnce(failure);
        real.queue().submit(step, batch);
    }

    @Override
    public void await() {
        real.queue().await();
        throwOnce(lateFailure);
    }

    @Override
    public void upload(MemorySegment source, Buffer target, int rows) {
        real.queue().upload(source, target, rows);
    }

    @Override
    public void download(Buffer source, int rows, MemorySegment target) {
        real.queue().download(source, rows, target);
    }

    @Override
    public void download(QuantizedActivations source, int rows, byte[] digits, float[] scales) {
        real.queue().download(source, rows, digits, scales);
    }

    @Override
    public long nativeHandle() {
        return real.queue().nativeHandle();
    }

    @Override
    public String name() {
        return "wrapped " + real.name();
    }

    @Override
    public MemoryKind memoryKind() {
        return real.memoryKind();
    }

    @Override
    public Buffer allocate(ElementType type, RowSet rowSet, int rows, int columns) {
        return real.allocate(type, rowSet, rows, columns);
    }

    @Override
    public QuantizedActivations allocateQuantized(int rows, int columns) {
        return real.allocateQuantized(rows, columns);
    }

    @Override
    public HeadOutput allocateHead(int maxRows, int vocabularySize, int maxCandidates) {
        return real.allocateHead(maxRows, vocabularySize, maxCandidates);
    }

    @Override
    public KvCache allocateKv(KvSpec spec) {
        return real.allocateKv(spec);
    }

    @Override
    public MatrixWeights packMatrix(WeightSource source, Set<MatrixUse> uses) {
        return real.packMatrix(source, uses);
    }

    @Override
    public VectorWeights packVector(WeightSource.Floats source) {
        return real.packVector(source);
    }

    @Override
    public RopeTable packRope(RopeStyle style, int positions, int dimension, float[] cos, float[] sin) {
        rotation = new Rotation(style, positions, dimension, cos.clone(), sin.clone());
        return real.packRope(style, positions, dimension, cos, sin);
    }

    @Override
    public PreparedStep prepare(StepShape shape, Consumer<StepRecorder> recording) {
        return real.prepare(shape, recording);
    }

    @Override
    public ExecutionQueue queue() {
        return this;
    }

    @Override
    public void close() {
        closed = true;
        real.close();
    }
}
