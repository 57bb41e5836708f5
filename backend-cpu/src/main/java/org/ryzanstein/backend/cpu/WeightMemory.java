package org.ryzanstein.backend.cpu;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
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
    private final int nodes;
    private MemorySegment mapping = MemorySegment.NULL;
    /** Bytes of the mapping that belong to a node; its nodes follow each other. */
    private long nodeBytes;
    /** Bytes of each node that are allocated. */
    private final long[] used;

    /** Memory of which nothing is allocated yet, for a team on one memory node. */
    public WeightMemory() {
        this(1);
    }

    /**
     * Memory of which nothing is allocated yet.
     *
     * @param nodes memory nodes whose pages are kept apart
     */
    WeightMemory(int nodes) {
        this.arena = Arena.ofShared();
        this.nodes = nodes;
        this.used = new long[nodes];
    }

    /**
     * A piece of memory for each node, or none, of zero bytes.
     *
     * @param starts where they begin in {@code memory}, at multiples of {@value #ALIGNMENT} bytes
     */
    record Parts(MemorySegment memory, long[] starts, long[] sizes) {
        MemorySegment part(int node) {
            return memory.asSlice(starts[node], sizes[node]);
        }
    }

    /** Allocates zeroed memory that begins at a multiple of {@value #ALIGNMENT} bytes, among the first node's. */
    public MemorySegment allocate(long bytes) {
        long[] sizes = new long[nodes];
        sizes[0] = bytes;
        return allocateParts(sizes).part(0);
    }

    /**
     * Allocates zeroed memory for each node. A page belongs to the node of the thread that writes it first, so no page holds parts of
     * two nodes: with pages of 2 MB, most parts would lie on the wrong node else. Only small requests share pages.
     */
    synchronized Parts allocateParts(long[] sizes) {
        long all = 0;
        long largest = 0;
        for (long bytes : sizes) {
            if (bytes < 0) {
                throw new IllegalArgumentException("weights of " + bytes + " bytes");
            }
            all = Math.addExact(all, roundUp(bytes, ALIGNMENT));
            largest = Math.max(largest, bytes);
        }
        long[] starts = new long[nodes];
        if (largest < LARGE || LINUX == null) {
            for (int node = 1; node < nodes; node++) {
                starts[node] = starts[node - 1] + roundUp(sizes[node - 1], ALIGNMENT);
            }
            return new Parts(arena.allocate(nodes == 1 ? sizes[0] : all, ALIGNMENT), starts, sizes.clone());
        }
        if (!hasRoom(sizes)) {
            nodeBytes = Math.max(MAPPING, roundUp(largest, HUGE_PAGE));
            mapping = map(LINUX, Math.multiplyExact(nodeBytes, nodes));
            Arrays.fill(used, 0);
        }
        for (int node = 0; node < nodes; node++) {
            starts[node] = node * nodeBytes + used[node];
            used[node] = Math.min(nodeBytes, roundUp(used[node] + sizes[node], ALIGNMENT));
        }
        if (nodes > 1) {
            return new Parts(mapping, starts, sizes.clone());
        }
        return new Parts(mapping.asSlice(starts[0], sizes[0]), new long[1], sizes.clone());
    }

    private boolean hasRoom(long[] sizes) {
        for (int node = 0; node < nodes; node++) {
            if (nodeBytes - used[node] < sizes[node]) {
                return false;
            }
        }
        return true;
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
    synchronized void release(Parts last) {
        if (LINUX == null || mapping.byteSize() == 0) {
            return;
        }
        for (int node = 0; node < nodes; node++) {
            MemorySegment part = last.part(node);
            long start = part.address() - mapping.address() - node * nodeBytes;
            boolean isLast =
                    start >= 0 && start < used[node] && roundUp(start + part.byteSize(), ALIGNMENT) == used[node];
            if (isLast && clear(LINUX, part)) {
                used[node] = start;
            }
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
