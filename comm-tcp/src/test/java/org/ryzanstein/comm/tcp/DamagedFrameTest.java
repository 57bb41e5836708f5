package org.ryzanstein.comm.tcp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.ryzanstein.api.comm.CommunicationException;
import org.ryzanstein.api.comm.CommunicationException.Kind;
import org.ryzanstein.api.comm.HostMemory;
import org.ryzanstein.api.comm.HostQueue;

/** What an authenticated but broken peer may send: rank 0 is real, rank 1 is this test. */
class DamagedFrameTest {
    private static final long EPOCH = 5;
    private static final int WORDS = 4;

    private final SocketChannel[] peer = new SocketChannel[2];

    @SuppressWarnings("NullAway.Init") // Set before each test.
    private Mesh mesh;

    @SuppressWarnings("NullAway.Init") // Set before each test.
    private TcpCommunicator group;

    @BeforeEach
    void connect() throws IOException {
        SocketChannel[] own = new SocketChannel[2];
        try (ServerSocketChannel server = ServerSocketChannel.open().bind(null)) {
            for (int i = 0; i < 2; i++) {
                peer[i] = SocketChannel.open(Objects.requireNonNull(server.getLocalAddress()));
                own[i] = server.accept();
            }
        }
        mesh = new Mesh(
                0,
                2,
                EPOCH,
                new WaitPolicy(0, "test"),
                Map.of(1, new PlainConnection(own[0])),
                Map.of(1, new PlainConnection(own[1])),
                "TCP");
        group = new TcpCommunicator(mesh, 0, new int[] {0, 1}, true, Tuning.UNKNOWN);
    }

    @AfterEach
    void close() throws IOException {
        mesh.crash();
        for (SocketChannel socket : peer) {
            socket.close();
        }
    }

    /** The frame of a send of four words from rank 1 to rank 0. */
    private static ByteBuffer frame(int sequence) {
        ByteBuffer frame = ByteBuffer.allocate(Frame.HEADER_BYTES + WORDS * 4).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < WORDS; i++) {
            frame.putInt(Frame.HEADER_BYTES + 4 * i, 10 + i);
        }
        frame.putInt(0, Frame.MAGIC)
                .putShort(4, (short) WORDS)
                .putShort(6, (short) WORDS)
                .putLong(8, EPOCH)
                .putInt(20, sequence);
        frame.put(24, (byte) 4).put(25, (byte) 1).put(26, WireCodes.NONE).putInt(28, -1);
        frame.putInt(32, WORDS).putInt(36, 1).putInt(48, WORDS);
        frame.putInt(52, checksum(frame, Frame.HEADER_BYTES, WORDS * 4));
        return frame;
    }

    private static int checksum(ByteBuffer frame, int at, int length) {
        CRC32C crc = new CRC32C();
        crc.update(frame.slice(at, length));
        return (int) crc.getValue();
    }

    private void send(ByteBuffer frame) throws IOException {
        frame.putInt(Frame.AT_HEADER_CHECKSUM, checksum(frame, 0, Frame.AT_HEADER_CHECKSUM));
        peer[0].write(frame.duplicate().clear());
    }

    private int[] receive() {
        int[] words = new int[WORDS];
        group.receive(HostMemory.of(words), WORDS, 1, HostQueue.INSTANCE).await();
        return words;
    }

    @Test
    void aGoodFrameIsTakenAndOneOfAnOlderEpochIsDropped() throws IOException {
        ByteBuffer old = frame(0);
        old.putLong(8, EPOCH - 1).putInt(64, 99);
        send(old);
        send(frame(0));
        assertThat(receive()).containsExactly(10, 11, 12, 13);
    }

    @TestFactory
    Stream<DynamicTest> framesThatFollowNoProtocolEndTheGroupAndReachNoBuffer() {
        return Stream.of(
                broken("magic", frame -> frame.putInt(0, 7), "begins with 7"),
                broken("huge length", frame -> frame.putShort(4, (short) -1), "frame of 65535 words"),
                broken("fewer words than elements", frame -> frame.putShort(4, (short) 3), "a frame of 3 words, which"),
                broken(
                        "more words than elements",
                        frame -> frame.putShort(6, (short) 3),
                        "the 3 elements that it names"),
                broken("huge count of elements", frame -> frame.putShort(6, (short) -2), "the 65534 elements"),
                broken("a packed block that is not there", frame -> frame.putInt(56, 2), "the 4 elements"),
                broken("packed", frame -> packed(frame), "sent packed elements"),
                broken("epoch to come", frame -> frame.putLong(8, EPOCH + 1), "epoch 6, this is epoch 5"),
                broken("payload", frame -> frame.putInt(64, 11), "payload whose checksum is wrong"),
                broken("offset", frame -> frame.putInt(44, 1), "expected them from 0"),
                broken("total", frame -> frame.putInt(48, 3), "a message of 3 elements, expected 4"),
                broken("phase", frame -> frame.put(27, (byte) 1), "more than one message"),
                broken("phase that is none", frame -> frame.put(27, (byte) 9), "more than one message"),
                broken("kind", frame -> frame.put(24, (byte) 77), "unknown code 77"),
                broken("old sequence", frame -> frame.putInt(20, -1), "something else in its place"),
                broken("group", frame -> frame.putInt(16, -3), "which is closed here"));
    }

    /** As two words of payload for its four elements. */
    private static void packed(ByteBuffer frame) {
        frame.putShort(4, (short) 2).putInt(56, 1).putInt(52, checksum(frame, Frame.HEADER_BYTES, 8));
    }

    private DynamicTest broken(String name, Consumer<ByteBuffer> change, String message) {
        return DynamicTest.dynamicTest(name, () -> {
            close();
            connect();
            ByteBuffer frame = frame(0);
            change.accept(frame);
            send(frame);
            int[] words = new int[WORDS];
            assertThatThrownBy(() -> {
                        group.setDeadline(Duration.ofSeconds(20));
                        var unused = group.receive(HostMemory.of(words), WORDS, 1, HostQueue.INSTANCE);
                        if (frame.get(24) == 77) {
                            group.barrier();
                        }
                        unused.await();
                    })
                    .isInstanceOf(CommunicationException.class)
                    .hasMessageContaining(message)
                    .extracting(e -> ((CommunicationException) e).rank())
                    .isEqualTo(1);
            assertThat(words).containsOnly(0);
        });
    }

    @Test
    void aHeaderThatWasDamagedOnTheWayIsNotBelieved() throws IOException {
        ByteBuffer frame = frame(0);
        frame.putInt(Frame.AT_HEADER_CHECKSUM, 1);
        peer[0].write(frame);
        assertThatThrownBy(this::receive)
                .hasMessageContaining("header whose checksum is wrong")
                .extracting(e -> ((CommunicationException) e).kind())
                .isEqualTo(Kind.PROTOCOL);
    }

    @Test
    void garbageOnTheControlConnectionIsTheDeathOfThePeer() throws IOException {
        peer[1].write(ByteBuffer.wrap(new byte[64]));
        assertThatThrownBy(this::receive)
                .isInstanceOf(CommunicationException.class)
                .extracting(e -> ((CommunicationException) e).kind())
                .isEqualTo(Kind.RANK_DEAD);
    }

    @Test
    void aPeerWithoutHeartbeatIsDeadThoughItsConnectionsAreOpen() {
        assertThatThrownBy(this::receive)
                .isInstanceOf(CommunicationException.class)
                .hasMessageContaining("no sign of life for");
        assertThat(group.deadRanks()).containsExactly(1);
    }
}
