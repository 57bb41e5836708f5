package org.ryzanstein.server.bench;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.ryzanstein.api.kernel.KernelBackend;
import org.ryzanstein.api.kernel.KernelBackends;
import org.ryzanstein.loader.parallel.SpinParkTeam;

/** A read loop over memory of the kind that the best backend's weights lie in. */
final class MeasuredMemory implements AutoCloseable {
    private final SpinParkTeam team = new SpinParkTeam(1);
    private final KernelBackend backend;
    private final ReadLoop loop;

    MeasuredMemory(long bytes, int threads) {
        backend = KernelBackends.choose(Optional.empty()).provider().open(team);
        @Nullable MemorySegment own = backend.weightMemory(bytes);
        loop = new ReadLoop(own == null ? Arena.ofAuto().allocate(bytes, Long.BYTES) : own, threads);
    }

    ReadLoop loop() {
        return loop;
    }

    @Override
    public void close() {
        backend.close();
        team.close();
    }
}
