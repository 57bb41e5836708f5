package org.ryzanstein.comm.tcp;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;

/** The reading end of a ring. Bytes are copied out before anybody looks at them, so they do not change afterwards. */
final class RingReader {
    private final RingCounters counters;
    private final ByteBuffer bytes;
    private long head;

    RingReader(MemorySegment memory, int ring) {
        counters = RingCounters.of(memory, ring);
        bytes = memory.asSlice(SharedLayout.bytes(ring), SharedLayout.RING_BYTES)
                .asByteBuffer();
    }

    boolean hasInput() throws RingException {
        return counters.filled(head) > 0;
    }

    /** Reads what is there and fits. */
    int read(ByteBuffer target) throws RingException {
        int count = Math.min(counters.filled(head), target.remaining());
        if (count == 0) {
            return 0;
        }
        int at = (int) head & (SharedLayout.RING_BYTES - 1);
        int first = Math.min(count, SharedLayout.RING_BYTES - at);
        int position = target.position();
        target.put(position, bytes, at, first);
        target.put(position + first, bytes, 0, count - first);
        target.position(position + count);
        head += count;
        counters.read(head);
        return count;
    }

    /** Whether the writer blocks because there was no room; it is to be woken then. */
    boolean takeWaitingWriter() {
        VarHandle.fullFence();
        return counters.takeWaiter(SharedLayout.AT_WRITER_WAITS);
    }

    /** Says that this end is about to block; it must look again then. */
    void announce() {
        counters.waits(SharedLayout.AT_READER_WAITS, true);
        VarHandle.fullFence();
    }

    void goesOn() {
        counters.waits(SharedLayout.AT_READER_WAITS, false);
    }
}
