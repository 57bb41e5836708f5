package org.ryzanstein.comm.tcp;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;

/** The writing end of a ring. */
final class RingWriter {
    /** A long message is handed over in pieces, so that the reader begins before all is written. */
    private static final int PIECE_BYTES = 1 << 15;

    private final RingCounters counters;
    private final ByteBuffer bytes;
    private long tail;

    /** Room at least: what the reader has made since is not asked for as long as it is enough. */
    private int room = SharedLayout.RING_BYTES;

    RingWriter(MemorySegment memory, int ring) {
        counters = RingCounters.of(memory, ring);
        bytes = memory.asSlice(SharedLayout.bytes(ring), SharedLayout.RING_BYTES)
                .asByteBuffer();
    }

    boolean hasRoom() throws RingException {
        room = SharedLayout.RING_BYTES - counters.unread(tail);
        return room > 0;
    }

    /** Writes a piece of it, as far as there is room. */
    int write(ByteBuffer source) throws RingException {
        int wanted = Math.min(source.remaining(), PIECE_BYTES);
        if (room < wanted) {
            room = SharedLayout.RING_BYTES - counters.unread(tail);
        }
        int count = Math.min(wanted, room);
        if (count == 0) {
            return 0;
        }
        int at = (int) tail & (SharedLayout.RING_BYTES - 1);
        int first = Math.min(count, SharedLayout.RING_BYTES - at);
        int position = source.position();
        bytes.put(at, source, position, first);
        bytes.put(0, source, position + first, count - first);
        source.position(position + count);
        tail += count;
        room -= count;
        counters.written(tail);
        return count;
    }

    /** Whether the reader blocks because there was nothing; it is to be woken then. */
    boolean takeWaitingReader() {
        VarHandle.fullFence();
        return counters.takeWaiter(SharedLayout.AT_READER_WAITS);
    }

    /** Says that this end is about to block; it must look again then. */
    void announce() {
        counters.waits(SharedLayout.AT_WRITER_WAITS, true);
        VarHandle.fullFence();
    }

    void goesOn() {
        counters.waits(SharedLayout.AT_WRITER_WAITS, false);
    }
}
