package org.ryzanstein.comm.tcp;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.ryzanstein.api.comm.ReduceOperation;
import org.ryzanstein.api.kernel.ElementType;

/**
 * INT32 words in half the bytes, where they fit. The words of a frame form blocks of {@value #BLOCK_WORDS}, the last one short.
 * A block whose values all lie in -32768 .. 32767 is packed: word i of n goes to the lower half of word i of the payload if
 * i is less than h = (n + 1) / 2, and to the upper half of word i - h otherwise. All other blocks go as they are, so the values
 * arrive unchanged in every case. A mask, bit b for block b, says which blocks are packed.
 *
 * <p>The loops go over plain words, and from each array they take what lies at the same index or at a constant distance: then
 * the compiler makes vector code of them. It makes none of loops that go from ints to shorts and back, or between arrays whose
 * indices differ by a variable.
 */
final class Packing {
    static final int BLOCK_WORDS = 512;

    /** Most words that are unpacked at once. */
    static final int MAX_RUN_WORDS = 4096;

    private static final int HALF = BLOCK_WORDS / 2;

    /** What is added to a value that fits to make it a number from 0 to 65535. */
    private static final int OFFSET = 1 << 15;

    private final int[] words = new int[MAX_RUN_WORDS];
    private final int[] payload = new int[HALF];

    private MemorySegment in = MemorySegment.NULL;
    private long offset;
    private int mask;
    private int left;

    /** Words of payload that so many words take, or -1 if the mask names blocks that are not there. */
    static int payloadWords(int mask, int count) {
        int whole = count / BLOCK_WORDS;
        int rest = count % BLOCK_WORDS;
        int blocks = rest == 0 ? whole : whole + 1;
        if (blocks < Integer.SIZE && mask >>> blocks != 0) {
            return -1;
        }
        int last = rest == 0 ? 0 : mask >>> whole & 1;
        return count - (Integer.bitCount(mask) - last) * HALF - last * (rest / 2);
    }

    /** Packs words of a range of columns of a matrix, as {@link Matrix#read}. Returns the mask. */
    int pack(Matrix source, int firstColumn, int width, int from, int count, MemorySegment target, long targetOffset) {
        int found = 0;
        long at = targetOffset;
        for (int block = 0, done = 0; done < count; block++, done += BLOCK_WORDS) {
            int size = Math.min(BLOCK_WORDS, count - done);
            int half = (size + 1) / 2;
            source.read(firstColumn, width, from + done, size, words, 0);
            if (size < BLOCK_WORDS) {
                words[size] = 0;
                System.arraycopy(words, half, words, HALF, half);
            }
            if (join(words, payload, half)) {
                found |= 1 << block;
                MemorySegment.copy(payload, 0, target, ValueLayout.JAVA_INT_UNALIGNED, at, half);
                at += half * 4L;
            } else {
                source.read(firstColumn, width, from + done, size, target, at);
                at += size * 4L;
            }
        }
        return found;
    }

    /** Begins to unpack the words of a frame. */
    void begin(int frameMask, int count, MemorySegment source, long sourceOffset) {
        mask = frameMask;
        left = count;
        in = source;
        offset = sourceOffset;
    }

    /** Unpacks the next words, which then are the first of {@link #words}. Returns how many, 0 at the end. */
    int next() {
        int size = size();
        if ((mask & 1) == 0) {
            MemorySegment.copy(in, ValueLayout.JAVA_INT_UNALIGNED, offset, words, 0, size);
            offset += size * 4L;
        } else {
            int half = (size + 1) / 2;
            MemorySegment.copy(in, ValueLayout.JAVA_INT_UNALIGNED, offset, payload, 0, half);
            split(payload, words, half);
            if (size < BLOCK_WORDS) {
                System.arraycopy(words, HALF, words, half, size - half);
            }
            offset += half * 4L;
        }
        left -= size;
        mask >>>= 1;
        return size;
    }

    /** How many words {@link #next} or {@link #addNext} takes next, 0 at the end. */
    int size() {
        return Math.min(mask == 0 ? MAX_RUN_WORDS : BLOCK_WORDS, left);
    }

    /** Unpacks the next words and adds them to the first ones of a run. */
    void addNext(int[] run) {
        if ((mask & 1) == 0 || left < BLOCK_WORDS) {
            int size = next();
            Reduction.combine(ElementType.INT32, ReduceOperation.SUM, run, words, size);
            return;
        }
        MemorySegment.copy(in, ValueLayout.JAVA_INT_UNALIGNED, offset, payload, 0, HALF);
        addSplit(payload, run);
        offset += HALF * 4L;
        left -= BLOCK_WORDS;
        mask >>>= 1;
    }

    int[] words() {
        return words;
    }

    /** Packs as many words from {@code HALF} on as from 0 on. Returns whether all fit. */
    private static boolean join(int[] words, int[] payload, int half) {
        int seen = 0;
        for (int i = 0; i < half; i++) {
            int low = words[i];
            int high = words[HALF + i];
            seen |= (low + OFFSET) | (high + OFFSET);
            payload[i] = (low & 0xFFFF) | high << 16;
        }
        return seen >>> 16 == 0;
    }

    private static void split(int[] payload, int[] words, int half) {
        for (int i = 0; i < half; i++) {
            words[i] = payload[i] << 16 >> 16;
        }
        for (int i = 0; i < half; i++) {
            words[HALF + i] = payload[i] >> 16;
        }
    }

    private static void addSplit(int[] payload, int[] run) {
        for (int i = 0; i < HALF; i++) {
            run[i] += payload[i] << 16 >> 16;
            run[HALF + i] += payload[i] >> 16;
        }
    }
}
