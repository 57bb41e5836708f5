package com.example.ryzanstein;

import java.util.Set;
import java.util.function.Consumer;
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
import org.ryzanstein.api.kernel.VectorWeights;
import org.ryzanstein.api.weight.WeightSource;

/** Another backend under its own name. What it hands out is the other's, so the two fit together as they are. */
record ExampleBackend(KernelBackend other) implements KernelBackend {
    @Override
    public String name() {
        return "example";
    }

    @Override
    public MemoryKind memoryKind() {
        return other.memoryKind();
    }

    @Override
    public Buffer allocate(ElementType type, RowSet rowSet, int rows, int columns) {
        return other.allocate(type, rowSet, rows, columns);
    }

    @Override
    public QuantizedActivations allocateQuantized(int rows, int columns) {
        return other.allocateQuantized(rows, columns);
    }

    @Override
    public HeadOutput allocateHead(int maxRows, int vocabularySize, int maxCandidates) {
        return other.allocateHead(maxRows, vocabularySize, maxCandidates);
    }

    @Override
    public KvCache allocateKv(KvSpec spec) {
        return other.allocateKv(spec);
    }

    @Override
    public MatrixWeights packMatrix(WeightSource source, Set<MatrixUse> uses) {
        return other.packMatrix(source, uses);
    }

    @Override
    public VectorWeights packVector(WeightSource.Floats source) {
        return other.packVector(source);
    }

    @Override
    public RopeTable packRope(RopeStyle style, int positions, int dimension, float[] cos, float[] sin) {
        return other.packRope(style, positions, dimension, cos, sin);
    }

    @Override
    public PreparedStep prepare(StepShape shape, Consumer<StepRecorder> recording) {
        return other.prepare(shape, recording);
    }

    @Override
    public ExecutionQueue queue() {
        return other.queue();
    }

    @Override
    public void close() {
        other.close();
    }
}
