package org.ryzanstein.backend.cpu;

import java.lang.foreign.MemorySegment;

/**
 * Items of one size in the memory for weights, such as rows. Members of a team share them out as {@link Parallel} says, and the items
 * of all members of one memory node lie together, in order, on pages that no other node's items are on.
 */
public final class PlacedItems {
    private final int[] ends;
    private final WeightMemory.Parts parts;
    private final long itemBytes;
    private final long bytes;

    private PlacedItems(int[] ends, WeightMemory.Parts parts, long itemBytes, long bytes) {
        this.ends = ends;
        this.parts = parts;
        this.itemBytes = itemBytes;
        this.bytes = bytes;
    }

    /** Room for so many items, which are shared out one by one. */
    public static PlacedItems allocate(int items, long itemBytes, Parallel parallel, WeightMemory memory) {
        return allocate(items, 1, itemBytes, 0, parallel, memory);
    }

    /**
     * Room for so many items.
     *
     * @param group items that are shared out together
     * @param behind bytes that may be read behind the items of each node
     */
    static PlacedItems allocate(
            int items, int group, long itemBytes, long behind, Parallel parallel, WeightMemory memory) {
        int[] ends = parallel.endsOfNodes(items, group);
        long[] sizes = new long[ends.length];
        long all = 0;
        for (int node = 0; node < ends.length; node++) {
            int count = ends[node] - (node == 0 ? 0 : ends[node - 1]);
            sizes[node] = Math.addExact(Math.multiplyExact(count, itemBytes), behind);
            all = Math.addExact(all, sizes[node]);
        }
        return new PlacedItems(ends, memory.allocateParts(sizes), itemBytes, all);
    }

    /** What the items lie in; between those of different nodes there is memory of others. */
    public MemorySegment memory() {
        return parts.memory();
    }

    /** Where an item begins. The next one begins behind it, unless that is another node's. */
    public long at(int item) {
        int node = node(item);
        return parts.starts()[node] + (item - first(node)) * itemBytes;
    }

    /** The node whose members work on an item, counted from 0. */
    public int node(int item) {
        int node = 0;
        while (node < ends.length - 1 && item >= ends[node]) {
            node++;
        }
        return node;
    }

    /** Nodes that the items are shared out to. */
    public int nodes() {
        return ends.length;
    }

    /** The first item of a node. */
    public int first(int node) {
        return node == 0 ? 0 : ends[node - 1];
    }

    /** Items of a node. */
    public int count(int node) {
        return ends[node] - first(node);
    }

    /** Bytes of all items, and those behind them. */
    public long bytes() {
        return bytes;
    }

    /** Gives the room back, if it was allocated last. */
    void release(WeightMemory memory) {
        memory.release(parts);
    }
}
