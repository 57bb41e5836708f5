package org.ryzanstein.contract;

import java.lang.foreign.MemorySegment;
import java.util.EnumSet;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;
import org.ryzanstein.api.kernel.Buffer;
import org.ryzanstein.api.kernel.ElementType;
import org.ryzanstein.api.kernel.KernelBackend;
import org.ryzanstein.api.kernel.MatrixUse;
import org.ryzanstein.api.kernel.MatrixWeights;
import org.ryzanstein.api.kernel.PreparedStep;
import org.ryzanstein.api.kernel.RowSet;
import org.ryzanstein.api.kernel.StepBatch;
import org.ryzanstein.api.kernel.StepRecorder;
import org.ryzanstein.api.kernel.StepShape;
import org.ryzanstein.api.kernel.ThreadTeam;
import org.ryzanstein.api.kernel.VectorWeights;
import org.ryzanstein.api.weight.WeightSource;
import org.ryzanstein.api.weight.WeightSource.FloatFormat;

/** An open backend with its team, and short ways to put matrices into it and get them back. */
public final class Bench implements AutoCloseable {
    private final TestTeam team;
    private final KernelBackend backend;

    Bench(Function<ThreadTeam, KernelBackend> open, int threads) {
        team = new TestTeam(threads);
        backend = open.apply(team);
    }

    KernelBackend backend() {
        return backend;
    }

    int threads() {
        return team.size();
    }

    /** A matrix of the step's tokens, alone in its buffer or as columns of a wider one with spare rows. */
    Cells cells(float[][] content, boolean sliced) {
        return cells(RowSet.TOKENS, content, sliced);
    }

    Cells cells(RowSet rowSet, float[][] content, boolean sliced) {
        Cells cells = new Cells(this, ElementType.FLOAT32, rowSet, content.length, content[0].length, sliced);
        cells.write(content);
        return cells;
    }

    Cells output(int rows, int columns, boolean sliced) {
        return new Cells(this, ElementType.FLOAT32, RowSet.TOKENS, rows, columns, sliced);
    }

    Cells sums(int rows, int columns, boolean sliced) {
        return new Cells(this, ElementType.INT32, RowSet.TOKENS, rows, columns, sliced);
    }

    VectorWeights vector(float[] values) {
        return backend.packVector(new TestWeights.Floats("vector", FloatFormat.FLOAT32, new float[][] {values}));
    }

    MatrixWeights matrix(WeightSource source, MatrixUse first, MatrixUse... more) {
        Set<MatrixUse> uses = EnumSet.of(first, more);
        return backend.packMatrix(source, uses);
    }

    /** Prepares a step for exactly this batch, runs it and waits. */
    PreparedStep run(StepBatch batch, Consumer<StepRecorder> recording) {
        PreparedStep step = backend.prepare(new StepShape(batch.tokens(), batch.outputs()), recording);
        submit(step, batch);
        return step;
    }

    void submit(PreparedStep step, StepBatch batch) {
        backend.queue().submit(step, batch);
        backend.queue().await();
    }

    /** As many tokens, all of one sequence from position 0, of which nothing is wanted. */
    static StepBatch plainBatch(int tokens) {
        StepBatch batch = new StepBatch(tokens, 1, 1);
        for (int token = 0; token < tokens; token++) {
            batch.add(token, 0, token, 0);
        }
        return batch;
    }

    int[] readWords(Buffer buffer) {
        int[] words = new int[buffer.rows() * buffer.columns()];
        backend.queue().download(buffer, buffer.rows(), MemorySegment.ofArray(words));
        return words;
    }

    void writeWords(int[] words, Buffer buffer) {
        backend.queue().upload(MemorySegment.ofArray(words), buffer, buffer.rows());
    }

    @Override
    public void close() {
        backend.close();
        team.close();
    }
}
