package org.ryzanstein.loader.tokenizer;

import java.util.Arrays;

/** A binary heap of longs, the least one on top. */
final class LongHeap {
    private long[] values = new long[64];
    private int size;

    boolean isEmpty() {
        return size == 0;
    }

    void add(long value) {
        if (size == values.length) {
            values = Arrays.copyOf(values, Math.addExact(size, size >> 1));
        }
        int at = size++;
        while (at > 0) {
            int parent = (at - 1) >>> 1;
            if (values[parent] <= value) {
                break;
            }
            values[at] = values[parent];
            at = parent;
        }
        values[at] = value;
    }

    /** Removes and returns the least value; the heap must not be empty. */
    long poll() {
        long least = values[0];
        long last = values[--size];
        int at = 0;
        for (int child = 1; child < size; child = 2 * at + 1) {
            if (child + 1 < size && values[child + 1] < values[child]) {
                child++;
            }
            if (last <= values[child]) {
                break;
            }
            values[at] = values[child];
            at = child;
        }
        values[at] = last;
        return least;
    }
}
