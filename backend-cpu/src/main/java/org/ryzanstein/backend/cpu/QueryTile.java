package org.ryzanstein.backend.cpu;

/** Queries that attend to the keys and values of one sequence and one KV head. */
public final class QueryTile {
    /** Queries of a tile at most. */
    public static final int ROOM = 16;

    private final HostBuffer in;
    private final HostBuffer out;
    private final int headDimension;
    private final int[] tokens = new int[ROOM];
    private final int[] positions = new int[ROOM];
    private final int[] heads = new int[ROOM];
    private final boolean[] faults = new boolean[ROOM];
    private int slot;
    private int kvHead;
    private int count;

    /** A tile without queries, of such that lie in a buffer. */
    QueryTile(HostBuffer in, HostBuffer out, int headDimension) {
        this.in = in;
        this.out = out;
        this.headDimension = headDimension;
    }

    void clear(int newSlot, int newKvHead) {
        slot = newSlot;
        kvHead = newKvHead;
        count = 0;
    }

    void add(int token, int position, int head) {
        tokens[count] = token;
        positions[count] = position;
        heads[count] = head;
        faults[count++] = false;
    }

    boolean isFull() {
        return count == ROOM;
    }

    /** The sequence. */
    public int slot() {
        return slot;
    }

    /** The KV head. */
    public int kvHead() {
        return kvHead;
    }

    /** So many queries. */
    public int count() {
        return count;
    }

    int token(int query) {
        return tokens[query];
    }

    /** A query's own position, the last one it sees. */
    public int position(int query) {
        return positions[query];
    }

    /** The queries' array. */
    public float[] in() {
        return in.floats();
    }

    /** Index of a query's first element. */
    public int first(int query) {
        return in.row(tokens[query]) + heads[query] * headDimension;
    }

    /** The array of results. */
    public float[] out() {
        return out.floats();
    }

    /** Index of the first element of a query's result. */
    public int outFirst(int query) {
        return out.row(tokens[query]) + heads[query] * headDimension;
    }

    /** Notes that a query met a score that is not finite. */
    public void fault(int query) {
        faults[query] = true;
    }

    boolean faulted(int query) {
        return faults[query];
    }
}
