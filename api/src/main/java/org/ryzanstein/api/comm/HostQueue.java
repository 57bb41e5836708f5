package org.ryzanstein.api.comm;

import java.lang.foreign.MemorySegment;
import java.util.Objects;
import org.ryzanstein.api.kernel.Buffer;
import org.ryzanstein.api.kernel.ElementType;
import org.ryzanstein.api.kernel.ExecutionQueue;
import org.ryzanstein.api.kernel.PreparedStep;
import org.ryzanstein.api.kernel.QuantizedActivations;
import org.ryzanstein.api.kernel.StepBatch;

/** The queue for memory that no backend works on: there is never anything to wait for. */
public final class HostQueue implements ExecutionQueue {
    public static final HostQueue INSTANCE = new HostQueue();

    private HostQueue() {}

    @Override
    public void submit(PreparedStep step, StepBatch batch) {
        throw new UnsupportedOperationException("the host queue runs no steps");
    }

    @Override
    public void await() {}

    @Override
    public void upload(MemorySegment source, Buffer target, int rows) {
        Objects.checkFromIndexSize(0, rows, target.rows());
        long bytes = (long) target.columns() * ElementType.BYTES;
        long step = (long) target.stride() * ElementType.BYTES;
        for (int row = 0; row < rows; row++) {
            MemorySegment.copy(source, row * bytes, target.memory(), row * step, bytes);
        }
    }

    @Override
    public void download(Buffer source, int rows, MemorySegment target) {
        Objects.checkFromIndexSize(0, rows, source.rows());
        long bytes = (long) source.columns() * ElementType.BYTES;
        long step = (long) source.stride() * ElementType.BYTES;
        for (int row = 0; row < rows; row++) {
            MemorySegment.copy(source.memory(), row * step, target, row * bytes, bytes);
        }
    }

    @Override
    public void download(QuantizedActivations source, int rows, byte[] digits, float[] scales) {
        throw new UnsupportedOperationException("the host queue has no quantised activations");
    }

    @Override
    public long nativeHandle() {
        return 0;
    }
}
