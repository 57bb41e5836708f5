package org.ryzanstein.comm.tcp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.ryzanstein.api.comm.CommunicationException;
import org.ryzanstein.api.comm.EndpointConfig;
import org.ryzanstein.api.comm.Link;

class TcpLinkTest {
    private static final Duration LONG = Duration.ofSeconds(20);

    private final TcpEndpoint leader = TcpRanks.endpoint();
    private final TcpEndpoint worker = TcpRanks.endpoint();
    private final LinkedBlockingQueue<Link> arrived = new LinkedBlockingQueue<>();

    @AfterEach
    void close() {
        leader.close();
        worker.close();
    }

    private Link arrival() {
        try {
            return Objects.requireNonNull(arrived.poll(LONG.toSeconds(), TimeUnit.SECONDS), "no link came");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }

    @Test
    void messagesGoBothWaysInOrder() {
        leader.onConnect(arrived::add);
        try (Link there = worker.connect(leader.address(), LONG);
                Link here = arrival()) {
            byte[] large = new byte[Link.MAX_MESSAGE_BYTES];
            new Random(1).nextBytes(large);
            there.send(new byte[] {1, 2});
            there.send(new byte[0]);
            there.send(large);
            assertThat(here.receive(LONG)).hasValue(new byte[] {1, 2});
            assertThat(here.receive(LONG)).hasValue(new byte[0]);
            assertThat(here.receive(LONG)).hasValue(large);
            here.send(new byte[] {3});
            assertThat(there.receive(LONG)).hasValue(new byte[] {3});
            assertThat(there.receive(Duration.ofMillis(1))).isEmpty();
            assertThat(there.peer()).isEqualTo(leader.address());
            assertThatThrownBy(() -> there.send(new byte[Link.MAX_MESSAGE_BYTES + 1]))
                    .hasMessageContaining("at most");
        }
    }

    /** The leader tells others to look for it there. */
    @Test
    void comesFromTheAddressThatItListensAt() throws IOException {
        leader.onConnect(arrived::add);
        InetSocketAddress own = new InetSocketAddress("127.0.0.2", 0);
        TcpEndpoint other = TcpEndpoint.bind(EndpointConfig.at(own, TcpRanks.SECRET));
        try (Link there = other.connect(leader.address(), LONG);
                Link here = arrival()) {
            assertThat(here.peer().getAddress()).isEqualTo(own.getAddress());
            assertThat(there.peer()).isEqualTo(leader.address());
        } finally {
            other.close();
        }
    }

    @Test
    void theEndOfTheOtherSideIsNoticed() {
        leader.onConnect(arrived::add);
        Link there = worker.connect(leader.address(), LONG);
        Link here = arrival();
        there.send(new byte[] {9});
        there.close();
        assertThat(here.receive(LONG)).hasValue(new byte[] {9});
        for (int again = 0; again < 2; again++) {
            assertThatThrownBy(() -> here.receive(LONG))
                    .isInstanceOf(CommunicationException.class)
                    .hasMessageContaining("is gone");
        }
        assertThat(here.isOpen()).isFalse();
        assertThat(there.isOpen()).isFalse();
        assertThatThrownBy(() -> there.send(new byte[1])).isInstanceOf(CommunicationException.class);
    }

    @Test
    void linksAreRefusedWhereNobodyTakesThem() {
        assertThatThrownBy(() -> worker.connect(leader.address(), LONG))
                .isInstanceOf(CommunicationException.class)
                .hasMessageContaining("nobody takes links here");
    }

    @Test
    void nobodyThereIsAnErrorAtTheDeadline() {
        leader.close();
        assertThatThrownBy(() -> worker.connect(leader.address(), Duration.ofMillis(50)))
                .isInstanceOf(CommunicationException.class)
                .hasMessageContaining("within 50 ms");
    }

    @Test
    void aFrameOfAHugeLengthEndsTheLinkAndAllocatesNothing() throws IOException {
        leader.onConnect(arrived::add);
        long deadline = System.nanoTime() + LONG.toNanos();
        try (SocketChannel raw = worker.open(leader.address(), Hello.link(), deadline)
                .connection()
                .socket()) {
            Link here = arrival();
            ByteBuffer frame = ByteBuffer.allocate(16);
            frame.putInt(0x52595A4C)
                    .putInt(1)
                    .putInt(Integer.MAX_VALUE)
                    .putInt(0)
                    .flip();
            raw.write(frame);
            assertThatThrownBy(() -> here.receive(LONG)).hasMessageContaining("2147483647 bytes");
        }
    }

    @Test
    void aSilentPeerIsDead() throws IOException {
        leader.onConnect(arrived::add);
        long deadline = System.nanoTime() + LONG.toNanos();
        try (SocketChannel silent = worker.open(leader.address(), Hello.link(), deadline)
                .connection()
                .socket()) {
            assertThat(silent.isOpen()).isTrue();
            Link here = arrival();
            assertThatThrownBy(() -> here.receive(LONG)).hasMessageContaining("no sign of life");
        }
    }
}
