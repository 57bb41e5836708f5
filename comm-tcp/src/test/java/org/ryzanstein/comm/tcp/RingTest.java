package org.ryzanstein.comm.tcp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RingTest {
    private final MemorySegment memory = Arena.ofAuto().allocate(SharedLayout.BYTES, 4096);
    private final RingWriter writer = new RingWriter(memory, 1);
    private final RingReader reader = new RingReader(memory, 1);

    private void put(int counter, long value) {
        memory.set(ValueLayout.JAVA_LONG, SharedLayout.counters(1) + counter, value);
    }

    private static ByteBuffer bytes(int count) {
        return ByteBuffer.allocateDirect(count);
    }

    @Test
    void whatIsWrittenIsReadInOrderAroundTheRingManyTimes() throws IOException {
        Random random = new Random(1);
        byte next = 0;
        byte expected = 0;
        ByteBuffer out = bytes(50_000);
        ByteBuffer in = bytes(70_000);
        for (int round = 0; round < 500; round++) {
            out.clear().limit(random.nextInt(out.capacity()));
            while (out.hasRemaining()) {
                out.put(next++);
            }
            out.flip();
            do {
                while (out.hasRemaining() && writer.write(out) > 0) {}
                in.clear().limit(random.nextInt(in.capacity()));
                int count = reader.read(in);
                in.flip();
                assertThat(in.remaining()).isEqualTo(count);
                while (in.hasRemaining()) {
                    assertThat(in.get()).isEqualTo(expected++);
                }
            } while (out.hasRemaining());
        }
    }

    @Test
    void aFullRingTakesNothingUntilSomethingIsRead() throws IOException {
        ByteBuffer all = bytes(SharedLayout.RING_BYTES + 1);
        while (writer.write(all) > 0) {}
        assertThat(all.remaining()).isEqualTo(1);
        assertThat(writer.hasRoom()).isFalse();
        assertThat(reader.read(bytes(3))).isEqualTo(3);
        assertThat(writer.hasRoom()).isTrue();
        assertThat(writer.write(all)).isEqualTo(1);
    }

    @Test
    void anEmptyRingGivesNothing() throws IOException {
        assertThat(reader.hasInput()).isFalse();
        assertThat(reader.read(bytes(1))).isZero();
        assertThat(writer.write(bytes(0))).isZero();
    }

    @ParameterizedTest
    @ValueSource(longs = {-1, Long.MIN_VALUE, Long.MAX_VALUE, SharedLayout.RING_BYTES + 1, 1L << 32})
    void aWritersCounterThatCanNotBeIsNotBelieved(long tail) {
        put(SharedLayout.AT_TAIL, tail);
        ByteBuffer target = bytes(10);
        assertThatThrownBy(() -> reader.read(target))
                .isInstanceOf(RingException.class)
                .hasMessageContaining("bytes in a ring of 1048576");
        assertThatThrownBy(reader::hasInput).isInstanceOf(RingException.class);
        assertThat(target.position()).isZero();
    }

    @ParameterizedTest
    @ValueSource(longs = {1, Long.MIN_VALUE, Long.MAX_VALUE, -SharedLayout.RING_BYTES - 1})
    void aReadersCounterThatCanNotBeIsNotBelieved(long head) {
        put(SharedLayout.AT_HEAD, head);
        assertThatThrownBy(writer::hasRoom)
                .isInstanceOf(RingException.class)
                .hasMessageContaining("bytes in a ring of 1048576");
    }

    @Test
    void whatAPeerWritesOverOnesOwnCounterIsNeverReadBack() throws IOException {
        assertThat(writer.write(bytes(10))).isEqualTo(10);
        assertThat(reader.read(bytes(10))).isEqualTo(10);
        put(SharedLayout.AT_TAIL, 77);
        assertThat(writer.write(bytes(5))).isEqualTo(5);
        put(SharedLayout.AT_HEAD, 99);
        assertThat(reader.read(bytes(10))).isEqualTo(5);
        assertThat(reader.hasInput()).isFalse();
        assertThat(writer.hasRoom()).isTrue();
    }

    @Test
    void whoeverBlocksIsToBeWokenOnce() throws IOException {
        assertThat(writer.takeWaitingReader()).isFalse();
        reader.announce();
        assertThat(writer.takeWaitingReader()).isTrue();
        assertThat(writer.takeWaitingReader()).isFalse();
        reader.announce();
        reader.goesOn();
        assertThat(writer.takeWaitingReader()).isFalse();
        writer.announce();
        assertThat(reader.takeWaitingWriter()).isTrue();
        assertThat(reader.takeWaitingWriter()).isFalse();
        writer.announce();
        writer.goesOn();
        assertThat(reader.takeWaitingWriter()).isFalse();
    }
}
