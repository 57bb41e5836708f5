package org.ryzanstein.backend.cpu;

import java.lang.foreign.MemorySegment;
import java.util.Set;
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
import org.ryzanstein.api.kernel.StepRecorder;
import org.ryzanstein.api.kernel.StepShape;
import org.ryzanstein.api.kernel.ThreadTeam;
import org.ryzanstein.api.kernel.UnsupportedWeightsException;
import org.ryzanstein.api.kernel.VectorWeights;
import org.ryzanstein.api.weight.WeightSource;

/** A backend on the CPU: everything but the kernels, which an instruction set brings. */
public final class CpuBackend implements KernelBackend {
    private final CpuKernels kernels;
    private final ThreadTeam team;
    private final Parallel parallel;
    /** Null in the backend that warms up. */
    private final @Nullable WarmUp warmUp;

    private final WeightMemory memory;
    private final CpuQueue queue = new CpuQueue();

    public CpuBackend(CpuKernels kernels, ThreadTeam team) {
        this(kernels, team, new WarmUp(kernels));
    }

    static CpuBackend withoutWarmUp(CpuKernels kernels, ThreadTeam team) {
        return new CpuBackend(kernels, team, null);
    }

    private CpuBackend(CpuKernels kernels, ThreadTeam team, @Nullable WarmUp warmUp) {
        this.kernels = kernels;
        this.warmUp = warmUp;
        this.team = team;
        this.parallel = new Parallel(team);
        this.memory = new WeightMemory(parallel.nodes());
    }

    @Override
    public String name() {
        return kernels.name();
    }

    @Override
    public MemoryKind memoryKind() {
        return MemoryKind.HOST;
    }

    @Override
    public MemorySegment weightMemory(long bytes) {
        return memory.allocate(bytes);
    }

    @Override
    public Buffer allocate(ElementType type, RowSet rowSet, int rows, int columns) {
        return HostBuffer.allocate(type, rowSet, rows, columns);
    }

    @Override
    public QuantizedActivations allocateQuantized(int rows, int columns) {
        return kernels.ternaryInput(rows, columns);
    }

    @Override
    public HeadOutput allocateHead(int maxRows, int vocabularySize, int maxCandidates) {
        return new HostHead(maxRows, vocabularySize, maxCandidates);
    }

    @Override
    public KvCache allocateKv(KvSpec spec) {
        return new PagedKvCache(spec, kernels.keyLayout());
    }

    @Override
    public MatrixWeights packMatrix(WeightSource source, Set<MatrixUse> uses) {
        if (warmUp != null) {
            warmUp.see(source, uses);
        }
        return switch (source) {
            case WeightSource.Ternary ternary
            when uses.equals(Set.of(MatrixUse.LINEAR)) -> kernels.packTernary(ternary, parallel, memory);
            case WeightSource.Floats floats
            when uses.contains(MatrixUse.HEAD) && !uses.contains(MatrixUse.LINEAR) ->
                DenseMatrix.packHead(floats, parallel, memory);
            case WeightSource.Floats floats
            when uses.equals(Set.of(MatrixUse.EMBEDDING)) -> DenseMatrix.packTable(floats, parallel, memory);
            case WeightSource.Floats floats -> DenseMatrix.pack(floats, parallel, memory);
            case WeightSource.Blocks blocks -> BlockMatrix.pack(blocks, parallel, memory);
            default ->
                throw new UnsupportedWeightsException(
                        source.name() + ": the " + name() + " backend has no kernel for such weights as " + uses);
        };
    }

    @Override
    public VectorWeights packVector(WeightSource.Floats source) {
        if (source.rows() != 1) {
            throw new IllegalArgumentException(source.name() + ": " + source.rows() + " rows, expected a vector");
        }
        float[] values = new float[source.columns()];
        source.readFloats(0, values, 0);
        return new HostVector(source.name(), values);
    }

    @Override
    public RopeTable packRope(RopeStyle style, int positions, int dimension, float[] cos, float[] sin) {
        int expected = Math.multiplyExact(positions, dimension / 2);
        if (dimension < 2 || dimension % 2 != 0 || cos.length != expected || sin.length != expected) {
            throw new IllegalArgumentException("rotation of " + dimension + " elements over " + positions
                    + " positions: " + cos.length + " cosines and " + sin.length + " sines, expected " + expected);
        }
        return new HostRope(style, positions, dimension, cos.clone(), sin.clone());
    }

    @Override
    public PreparedStep prepare(StepShape shape, Consumer<StepRecorder> recording) {
        endWarmUp();
        CpuRecorder recorder = new CpuRecorder(kernels, shape, team, queue);
        recording.accept(recorder);
        return recorder.finish();
    }

    @Override
    public ExecutionQueue queue() {
        return queue;
    }

    @Override
    public void close() {
        endWarmUp();
        memory.close();
    }

    private void endWarmUp() {
        if (warmUp != null) {
            warmUp.close();
        }
    }
}
