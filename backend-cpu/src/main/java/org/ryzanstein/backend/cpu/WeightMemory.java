package org.ryzanstein.backend.cpu;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * Native memory for packed weights, on 2 MB pages where the system has them to give: with 4 KB pages a token's reading takes
 * about twice as long. What is allocated is zero, and lives until this is closed.
 *
 * <p>Large requests are cut from mappings that begin at a huge page's boundary and are advised before they are first touched;
 * neighbours share pages. Small ones come from the JVM.
 */
public final class WeightMemory implements AutoCloseable {
    /** What is allocated begins at multiples of this: a cache line, and a 512-bit vector. */
    public static final int ALIGNMENT = 64;

    private static final long HUGE_PAGE = 2L << 20;
    private static final long MAPPING = 64L << 20;
    /** Requests from here on are worth a mapping. */
    private static final long LARGE = 64L << 10;

    private static final @Nullable LinuxBindings LINUX = LinuxBindings.find();

    private final Arena arena;
    private MemorySegment mapping = MemorySegment.NULL;
    private long used;

    /** Memory of which nothing is allocated yet. */
    public WeightMemory() {
        this.arena = Arena.ofShared();
    }

    /** Allocates zeroed memory that begins at a multiple of {@value #ALIGNMENT} bytes. */
    public synchronized MemorySegment allocate(long bytes) {
        if (bytes < 0) {
            throw new IllegalArgumentException("weights of " + bytes + " bytes");
        }
        if (bytes < LARGE || LINUX == null) {
            return arena.allocate(bytes, ALIGNMENT);
        }
        if (mapping.byteSize() - used < bytes) {
            mapping = map(LINUX, Math.max(MAPPING, roundUp(bytes, HUGE_PAGE)));
            used = 0;
        }
        MemorySegment cut = mapping.asSlice(used, bytes);
        used = Math.min(mapping.byteSize(), roundUp(used + bytes, ALIGNMENT));
        return cut;
    }

    private MemorySegment map(LinuxBindings linux, long bytes) {
        long whole = Math.addExact(bytes, HUGE_PAGE);
        MemorySegment found = linux.map(whole, arena);
        if (found == null) {
            throw new OutOfMemoryError("the system refuses " + whole + " bytes for weights");
        }
        MemorySegment aligned = found.asSlice(roundUp(found.address(), HUGE_PAGE) - found.address(), bytes);
        linux.adviseHugePages(aligned);
        return aligned;
    }

    /**
     * Takes back what was allocated last, so that the next request finds its room again, zeroed. Anything else, and small
     * requests, stay until this is closed.
     */
    synchronized void release(MemorySegment last) {
        if (LINUX == null || mapping.byteSize() == 0) {
            return;
        }
        long start = last.address() - mapping.address();
        boolean isLast = start >= 0 && start < used && roundUp(start + last.byteSize(), ALIGNMENT) == used;
        if (isLast && clear(LINUX, last)) {
            used = start;
        }
    }

    /** Zeroes memory by giving its pages back, but for the first, which others may share. */
    private static boolean clear(LinuxBindings linux, MemorySegment memory) {
        long shared = Math.min(memory.byteSize(), roundUp(memory.address(), HUGE_PAGE) - memory.address());
        memory.asSlice(0, shared).fill((byte) 0);
        return shared == memory.byteSize() || linux.discard(memory.asSlice(shared));
    }

    private static long roundUp(long value, long unit) {
        return Math.ceilDiv(value, unit) * unit;
    }

    /** Frees all of it; using it afterwards is an error. */
    @Override
    public synchronized void close() {
        if (arena.scope().isAlive()) {
            arena.close();
        }
    }
}
