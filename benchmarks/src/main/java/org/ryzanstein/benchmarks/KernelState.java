package org.ryzanstein.benchmarks;

import java.lang.foreign.MemorySegment;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.ryzanstein.api.kernel.Buffer;
import org.ryzanstein.api.kernel.ElementType;
import org.ryzanstein.api.kernel.KernelBackend;
import org.ryzanstein.api.kernel.KernelBackends;
import org.ryzanstein.api.kernel.PreparedStep;
import org.ryzanstein.api.kernel.RowSet;
import org.ryzanstein.api.kernel.StepBatch;
import org.ryzanstein.api.kernel.StepRecorder;
import org.ryzanstein.api.kernel.StepShape;
import org.ryzanstein.loader.parallel.SpinParkTeam;

/** An opened backend with helpers to run single operations. */
@State(Scope.Benchmark)
public class KernelState {
    static final int KV_BLOCK = 32;

    /** A backend's name. */
    @Param("scalar")
    public String backend = "";

    /** Compute threads. */
    @Param("1")
    public int threads;

    @SuppressWarnings("NullAway.Init") // Set before the trial.
    private SpinParkTeam team;

    @SuppressWarnings("NullAway.Init") // Set before the trial.
    private KernelBackend opened;

    /** Opens the backend. */
    @Setup
    public void open() {
        team = new SpinParkTeam(threads);
        opened = KernelBackends.choose(Optional.of(backend)).provider().open(team);
    }

    /** Closes it. */
    @TearDown
    public void close() {
        opened.close();
        team.close();
    }

    KernelBackend backend() {
        return opened;
    }

    Buffer floats(int tokens, int columns) {
        return opened.allocate(ElementType.FLOAT32, RowSet.TOKENS, tokens, columns);
    }

    /** Random activations. */
    Buffer input(int tokens, int columns) {
        SplittableRandom random = new SplittableRandom(1);
        float[] values = new float[tokens * columns];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextDouble(-1, 1);
        }
        Buffer buffer = floats(tokens, columns);
        opened.queue().upload(MemorySegment.ofArray(values), buffer, tokens);
        return buffer;
    }

    /** Tokens of one sequence from a position on. */
    static StepBatch batch(int first, int tokens) {
        int blocks = Math.ceilDiv(first + tokens, KV_BLOCK);
        StepBatch batch = new StepBatch(tokens, 1, blocks);
        for (int block = 0; block < blocks; block++) {
            batch.setBlock(0, block, block);
        }
        for (int i = 0; i < tokens; i++) {
            batch.add(0, 0, first + i, 0);
        }
        return batch;
    }

    /** Records operations; running the result runs them and waits. */
    Runnable step(StepBatch batch, Consumer<StepRecorder> operations) {
        PreparedStep step = opened.prepare(new StepShape(batch.tokens(), 0), operations);
        return () -> {
            opened.queue().submit(step, batch);
            opened.queue().await();
        };
    }
}
