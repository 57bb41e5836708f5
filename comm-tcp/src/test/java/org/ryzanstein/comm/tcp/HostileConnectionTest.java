package org.ryzanstein.comm.tcp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Future;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.ryzanstein.api.comm.Communicator;
import org.ryzanstein.api.comm.EndpointConfig;

/** Whoever knocks without the secret is turned away, and the ranks neither notice nor pay. */
class HostileConnectionTest {
    private static final Hello HELLO = new Hello(Hello.Purpose.CONTROL, 7, 2, 1, 0);

    private final TcpEndpoint endpoint = TcpRanks.endpoint();

    @AfterEach
    void close() {
        endpoint.close();
    }

    private Socket knock() throws IOException {
        Socket socket =
                new Socket(endpoint.address().getAddress(), endpoint.address().getPort());
        socket.setSoTimeout(20_000);
        return socket;
    }

    /** Waits for the end of what the other side sends. */
    private static byte[] rest(Socket socket) throws IOException {
        try (InputStream in = socket.getInputStream()) {
            return in.readAllBytes();
        } catch (SocketException e) {
            // Closed by the other side while there was something left to read for it.
            return new byte[0];
        }
    }

    private byte[] answerTo(byte[] bytes) throws IOException {
        try (Socket socket = knock()) {
            socket.getOutputStream().write(bytes);
            return rest(socket);
        }
    }

    /** The endpoint still brings ranks together. */
    private void assertThatRanksCanStillJoin() {
        try (TcpEndpoint other = TcpRanks.endpoint()) {
            List<Future<Communicator>> joined = TcpRanks.join(List.of(endpoint, other), 100, UnaryOperator.identity());
            List<Communicator> ranks = joined.stream().map(TcpRanks::value).toList();
            assertThat(ranks).extracting(Communicator::worldSize).containsExactly(2, 2);
            ranks.forEach(Communicator::close);
        }
    }

    @Test
    void aWebBrowserIsTurnedAwayAtItsFirstBytes() throws IOException {
        assertThat(answerTo("GET / HTTP/1.1\r\nHost: x\r\n\r\n".getBytes(StandardCharsets.US_ASCII)))
                .isEmpty();
        assertThatRanksCanStillJoin();
        assertThat(endpoint.refused()).isEqualTo(1);
    }

    @Test
    void aPortScannerDisturbsNothing() throws IOException {
        for (int i = 0; i < 200; i++) {
            knock().close();
        }
        assertThatRanksCanStillJoin();
    }

    @Test
    void randomBytesDisturbNothing() throws IOException {
        Random random = new Random(1);
        for (int i = 0; i < 50; i++) {
            byte[] bytes = new byte[random.nextInt(300) + 4];
            random.nextBytes(bytes);
            if (i % 2 == 0) {
                ByteBuffer.wrap(bytes).putInt(Hello.MAGIC).put(Hello.VERSION).put((byte) (i % 5));
                bytes = Arrays.copyOf(bytes, Math.max(bytes.length, Hello.BYTES + Handshake.MAC_BYTES));
            }
            assertThat(answerTo(bytes).length).isLessThanOrEqualTo(4 + Handshake.NONCE_BYTES);
        }
        assertThatRanksCanStillJoin();
    }

    @Test
    void anIdleConnectionIsClosedAtTheHandshakesDeadline() throws IOException {
        try (TcpEndpoint hasty = TcpEndpoint.bind(
                EndpointConfig.loopback(TcpRanks.SECRET).withHandshakeDeadline(Duration.ofMillis(50)))) {
            try (Socket idle =
                    new Socket(hasty.address().getAddress(), hasty.address().getPort())) {
                idle.setSoTimeout(20_000);
                assertThat(rest(idle)).isEmpty();
            }
            try (Socket slow =
                    new Socket(hasty.address().getAddress(), hasty.address().getPort())) {
                slow.setSoTimeout(20_000);
                slow.getOutputStream().write(Arrays.copyOf(HELLO.encode(new byte[32]), 20));
                assertThat(rest(slow)).isEmpty();
            }
        }
    }

    @Test
    void ofTooManyConnectionsThatProveNothingTheOldestIsClosedAndRanksStillJoin() throws IOException {
        List<Socket> crowd = new ArrayList<>();
        EndpointConfig config = EndpointConfig.loopback(TcpRanks.SECRET).withHandshakeDeadline(Duration.ofMinutes(5));
        try (TcpEndpoint patient = TcpEndpoint.bind(config);
                TcpEndpoint other = TcpRanks.endpoint()) {
            for (int i = 0; i <= TcpEndpoint.MAX_STRANGERS; i++) {
                crowd.add(new Socket(
                        patient.address().getAddress(), patient.address().getPort()));
            }
            crowd.getFirst().setSoTimeout(20_000);
            assertThat(rest(crowd.getFirst())).isEmpty();
            TcpRanks.join(List.of(patient, other), 1, UnaryOperator.identity()).stream()
                    .map(TcpRanks::value)
                    .forEach(Communicator::close);
        } finally {
            for (Socket socket : crowd) {
                socket.close();
            }
        }
    }

    @Test
    void aReplayedHandshakeProvesNothing() throws IOException {
        byte[] recorded = record(HELLO);
        byte[] answer = answerTo(recorded);
        assertThat(answer).as("a new challenge and no verdict").hasSize(4 + Handshake.NONCE_BYTES);
        assertThat(endpoint.refused()).isEqualTo(1);
        assertThatRanksCanStillJoin();
    }

    /** All that an opener who knows the secret sends in a handshake with this endpoint. */
    private byte[] record(Hello hello) throws IOException {
        try (ServerSocket relay = new ServerSocket(0, 1, endpoint.address().getAddress())) {
            byte[][] seen = new byte[1][];
            Thread wire = Thread.ofPlatform().daemon().start(() -> seen[0] = relayOnce(relay));
            SocketChannel socket =
                    SocketChannel.open(new InetSocketAddress(relay.getInetAddress(), relay.getLocalPort()));
            try (socket) {
                long deadline = System.nanoTime() + 20_000_000_000L;
                Handshake.Session session =
                        new Handshake(TcpRanks.SECRET).open(new Wire(new PlainConnection(socket), deadline), hello);
                assertThat(session.key()).hasSize(32);
            }
            join(wire);
            return seen[0];
        }
    }

    private static void join(Thread thread) {
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }

    private byte[] relayOnce(ServerSocket relay) {
        try (Socket opener = relay.accept();
                Socket listener = knock()) {
            byte[] hello = opener.getInputStream().readNBytes(Hello.BYTES);
            listener.getOutputStream().write(hello);
            opener.getOutputStream().write(listener.getInputStream().readNBytes(4 + Handshake.NONCE_BYTES));
            byte[] proof = opener.getInputStream().readNBytes(Handshake.MAC_BYTES);
            listener.getOutputStream().write(proof);
            opener.getOutputStream().write(listener.getInputStream().readNBytes(4 + Handshake.MAC_BYTES));
            return ByteBuffer.allocate(hello.length + proof.length)
                    .put(hello)
                    .put(proof)
                    .array();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void aProofForOneRankIsNoneForAnother() throws IOException {
        byte[] changed = new Hello(Hello.Purpose.CONTROL, 7, 2, 0, 1).encode(new byte[32]);
        try (Socket socket = knock()) {
            socket.getOutputStream().write(changed);
            byte[] challenge = socket.getInputStream().readNBytes(4 + Handshake.NONCE_BYTES);
            byte[] other = HELLO.encode(new byte[32]);
            socket.getOutputStream().write(Handshake.mac(TcpRanks.SECRET, "opener", other, challenge));
            assertThat(rest(socket)).isEmpty();
        }
        assertThat(endpoint.refused()).isEqualTo(1);
    }

    @Test
    void aListenerThatDoesNotKnowTheSecretIsRecognised() throws IOException {
        try (ServerSocket impostor = new ServerSocket(0, 1, endpoint.address().getAddress())) {
            Thread.ofPlatform().daemon().start(() -> {
                try (Socket socket = impostor.accept()) {
                    socket.getInputStream().readNBytes(Hello.BYTES);
                    socket.getOutputStream()
                            .write(ByteBuffer.allocate(36).putInt(Hello.MAGIC).array());
                    socket.getInputStream().readNBytes(Handshake.MAC_BYTES);
                    socket.getOutputStream().write(new byte[4 + Handshake.MAC_BYTES]);
                    rest(socket);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
            InetSocketAddress address = new InetSocketAddress(impostor.getInetAddress(), impostor.getLocalPort());
            long deadline = System.nanoTime() + 20_000_000_000L;
            assertThatThrownBy(() -> endpoint.open(address, HELLO, deadline))
                    .isInstanceOf(HandshakeException.class)
                    .hasMessageContaining("could not prove");
        }
    }

    @Test
    void aListenerOfAnotherProtocolIsRecognised() throws IOException {
        try (ServerSocket web = new ServerSocket(0, 1, endpoint.address().getAddress())) {
            Thread.ofPlatform().daemon().start(() -> {
                try (Socket socket = web.accept()) {
                    socket.getOutputStream()
                            .write("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"
                                    .getBytes(StandardCharsets.US_ASCII));
                    rest(socket);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
            InetSocketAddress address = new InetSocketAddress(web.getInetAddress(), web.getLocalPort());
            long deadline = System.nanoTime() + 20_000_000_000L;
            assertThatThrownBy(() -> endpoint.open(address, HELLO, deadline))
                    .isInstanceOf(HandshakeException.class)
                    .hasMessageContaining("another protocol");
        }
    }
}
