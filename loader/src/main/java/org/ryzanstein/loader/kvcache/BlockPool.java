package org.ryzanstein.loader.kvcache;

/** The free blocks of a KV cache, last returned first given. For one thread. */
public final class BlockPool {
    private final int[] free;
    private int count;

    public BlockPool(int blocks) {
        free = new int[blocks];
        for (int i = 0; i < blocks; i++) {
            free[i] = blocks - 1 - i;
        }
        count = blocks;
    }

    public int total() {
        return free.length;
    }

    public int available() {
        return count;
    }

    /**
     * Takes blocks.
     *
     * @throws IllegalStateException if there are not so many
     */
    public int[] take(int blocks) {
        if (blocks > count) {
            throw new IllegalStateException(blocks + " KV blocks wanted, " + count + " are free");
        }
        int[] taken = new int[blocks];
        for (int i = 0; i < blocks; i++) {
            taken[i] = free[--count];
        }
        return taken;
    }

    /** Returns blocks. */
    public void release(int[] blocks) {
        if (blocks.length > free.length - count) {
            throw new IllegalStateException("KV blocks returned twice");
        }
        for (int block : blocks) {
            free[count++] = block;
        }
    }
}
