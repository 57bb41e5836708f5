package org.ryzanstein.comm.tcp;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.ryzanstein.api.comm.HostMemory;

class PackingTest {
    private final Packing packing = new Packing();

    /** Packs and unpacks again. Returns the mask. */
    private int thereAndBack(int[] words) {
        Matrix source = new Matrix();
        source.set(HostMemory.of(words), 0, words.length);
        byte[] wire = new byte[3 + 4 * words.length + 4];
        wire[wire.length - 1] = 77;
        int mask = packing.pack(source, 0, 1, 0, words.length, MemorySegment.ofArray(wire), 3);
        int payload = Packing.payloadWords(mask, words.length);
        assertThat(payload).isBetween(0, words.length);
        assertThat(wire[wire.length - 1]).isEqualTo((byte) 77);
        int[] back = new int[words.length];
        int done = 0;
        packing.begin(mask, words.length, MemorySegment.ofArray(Arrays.copyOf(wire, 3 + 4 * payload)), 3);
        for (int size = packing.next(); size > 0; size = packing.next()) {
            System.arraycopy(packing.words(), 0, back, done, size);
            done += size;
        }
        assertThat(done).isEqualTo(words.length);
        assertThat(Arrays.equals(back, words)).isTrue();
        return mask;
    }

    @Test
    void whatFitsTakesHalfTheBytes() {
        for (int count = 0; count <= 1100; count++) {
            int[] words = new Random(count).ints(count, -32_768, 32_768).toArray();
            assertThat(Packing.payloadWords(thereAndBack(words), count)).isEqualTo(count - count / 2);
        }
    }

    @Test
    void aBlockWithOneLargeValueGoesAsItIs() {
        for (int large : new int[] {32_768, -32_769, 65_536, 98_304, Integer.MAX_VALUE, Integer.MIN_VALUE}) {
            int[] words = new int[5 * 512];
            words[512 * 3 - 1] = large;
            assertThat(thereAndBack(words)).isEqualTo(0b11011);
            assertThat(Packing.payloadWords(0b11011, words.length)).isEqualTo(4 * 256 + 512);
        }
    }

    @Test
    void everyMixtureOfBlocksArrivesUnchanged() {
        Random random = new Random(5);
        for (int round = 0; round < 300; round++) {
            int[] words = new int[random.nextInt(Frame.MAX_WORDS + 1)];
            int wide = random.nextInt();
            for (int i = 0; i < words.length; i++) {
                words[i] = (wide >>> (i / 512) & 1) == 1 ? random.nextInt() | 1 << 20 : (short) random.nextInt();
            }
            thereAndBack(words);
        }
    }

    @Test
    void aWholeFrameHas32Blocks() {
        assertThat(thereAndBack(new int[Frame.MAX_WORDS])).isEqualTo(-1);
        assertThat(Packing.payloadWords(-1, Frame.MAX_WORDS)).isEqualTo(Frame.MAX_WORDS / 2);
    }

    @Test
    void aMaskThatNamesBlocksThatAreNotThereIsRecognised() {
        assertThat(Packing.payloadWords(1, 0)).isEqualTo(-1);
        assertThat(Packing.payloadWords(2, 512)).isEqualTo(-1);
        assertThat(Packing.payloadWords(2, 513)).isEqualTo(513);
        assertThat(Packing.payloadWords(2, 514)).isEqualTo(513);
        assertThat(Packing.payloadWords(1 << 31, 31 * 512)).isEqualTo(-1);
    }
}
