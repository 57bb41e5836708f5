package org.ryzanstein.backend.cpu;

import java.lang.foreign.MemorySegment;
import org.ryzanstein.api.kernel.Buffer;
import org.ryzanstein.api.kernel.ElementType;
import org.ryzanstein.api.kernel.ExecutionQueue;
import org.ryzanstein.api.kernel.PreparedStep;
import org.ryzanstein.api.kernel.QuantizedActivations;
import org.ryzanstein.api.kernel.StepBatch;

/** Runs each step at once on the team, with the calling thread as its member 0: there is never anything to wait for. */
final class CpuQueue implements ExecutionQueue {
    @Override
    public void submit(PreparedStep step, StepBatch batch) {
        if (!(step instanceof CpuStep own)) {
            throw new IllegalArgumentException(
                    "step of another backend: " + step.getClass().getName());
        }
        own.run(batch);
    }

    @Override
    public void await() {}

    @Override
    public void upload(MemorySegment source, Buffer target, int rows) {
        HostBuffer own = HostBuffer.of(target, target.elementType());
        checkRows(rows, own.rows());
        long bytes = (long) own.columns() * ElementType.BYTES;
        for (int row = 0; row < rows; row++) {
            MemorySegment.copy(source, row * bytes, own.memory(), (long) row * own.stride() * ElementType.BYTES, bytes);
        }
    }

    @Override
    public void download(Buffer source, int rows, MemorySegment target) {
        HostBuffer own = HostBuffer.of(source, source.elementType());
        checkRows(rows, own.rows());
        long bytes = (long) own.columns() * ElementType.BYTES;
        for (int row = 0; row < rows; row++) {
            MemorySegment.copy(own.memory(), (long) row * own.stride() * ElementType.BYTES, target, row * bytes, bytes);
        }
    }

    @Override
    public void download(QuantizedActivations source, int rows, byte[] digits, float[] scales) {
        TernaryInput input = CpuRecorder.ternaryInput(source);
        checkRows(rows, input.rows());
        for (int row = 0; row < rows; row++) {
            System.arraycopy(input.bytes(), row * input.stride(), digits, row * input.columns(), input.columns());
            scales[row] = input.factors()[row];
        }
    }

    private static void checkRows(int rows, int room) {
        if (rows < 0 || rows > room) {
            throw new IllegalArgumentException(rows + " rows of a buffer with room for " + room);
        }
    }

    @Override
    public long nativeHandle() {
        return 0;
    }
}
