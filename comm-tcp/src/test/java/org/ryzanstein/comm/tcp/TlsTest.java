package org.ryzanstein.comm.tcp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.ryzanstein.api.comm.CommunicationException;
import org.ryzanstein.api.comm.Communicator;
import org.ryzanstein.api.comm.EndpointConfig;
import org.ryzanstein.api.comm.HostMemory;
import org.ryzanstein.api.comm.HostQueue;
import org.ryzanstein.api.comm.Link;
import org.ryzanstein.api.comm.ReduceOperation;
import org.ryzanstein.api.comm.TlsConfig;

/** Who gets in by which certificate. */
class TlsTest {
    private static final Duration LONG = Duration.ofSeconds(20);
    private static final List<Integer> SIZES = List.of(0, 1, 2560, 16_385, 100_003, 1_000_000);

    @TempDir
    @SuppressWarnings("NullAway.Init") // Set by JUnit.
    static Path folder;

    @BeforeAll
    static void makeCertificates() {
        Certificates.make(folder);
    }

    private static TcpEndpoint endpoint(String name) {
        return TcpEndpoint.bind(EndpointConfig.loopback(TcpRanks.SECRET).withTls(Certificates.in(folder, name)));
    }

    private static List<Future<Communicator>> join(TcpEndpoint first, TcpEndpoint second) {
        return TcpRanks.join(List.of(first, second), 1, one -> one.withDeadline(Duration.ofSeconds(2)));
    }

    @Test
    void ranksWithCertificatesOfTheirHostsJoin() {
        try (TcpEndpoint a = endpoint(Certificates.HOST);
                TcpEndpoint b = endpoint(Certificates.HOST)) {
            List<Communicator> ranks = join(a, b).stream().map(TcpRanks::value).toList();
            assertThat(ranks).extracting(Communicator::worldSize).containsExactly(2, 2);
            ranks.forEach(Communicator::close);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"off", "auto"})
    void collectivesOfAllSizesAreRightAndTheDeathOfARankIsNoticed(String sharedMemory) {
        List<Communicator> ranks = TcpRanks.open(
                3,
                EndpointConfig.loopback(TcpRanks.SECRET).withTls(Certificates.in(folder, Certificates.HOST)),
                sharedMemory);
        List<Thread> threads = ranks.stream()
                .map(rank -> Thread.ofPlatform().daemon().start(() -> reduceAll(rank)))
                .toList();
        threads.forEach(TlsTest::join);
        for (Communicator rank : ranks) {
            assertThat(rank.failure()).isEmpty();
            assertThat(rank.statistics().getFirst().count()).isEqualTo(SIZES.size());
        }
        TcpRanks.crash(ranks.get(1));
        assertThatThrownBy(() -> ranks.get(0).barrier())
                .isInstanceOf(CommunicationException.class)
                .extracting(e -> ((CommunicationException) e).rank())
                .isEqualTo(1);
        ranks.forEach(Communicator::close);
    }

    private static void reduceAll(Communicator rank) {
        for (int size : SIZES) {
            int[] values = new int[size];
            for (int i = 0; i < size; i++) {
                values[i] = i * (rank.rank() + 1);
            }
            rank.allReduce(HostMemory.of(values), size, ReduceOperation.SUM, HostQueue.INSTANCE)
                    .await();
            for (int i = 0; i < size; i++) {
                if (values[i] != 6 * i) {
                    rank.abort("element " + i + " of " + size + " is " + values[i]);
                }
            }
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

    @Test
    void aRankWithTheCertificateOfAnotherHostIsRefusedByTheListener() {
        try (TcpEndpoint a = endpoint(Certificates.HOST);
                TcpEndpoint b = endpoint(Certificates.ELSEWHERE)) {
            List<Future<Communicator>> joined = join(a, b);
            assertThat(TcpRanks.failure(joined.get(0)))
                    .isInstanceOf(CommunicationException.class)
                    .hasMessageContaining("the certificate of CN=elsewhere is not made for rank 1 at ")
                    .hasMessageContaining("[10.1.2.3, elsewhere.example]");
            assertThat(TcpRanks.failure(joined.get(1))).isInstanceOf(CommunicationException.class);
        }
    }

    @Test
    void aListenerWithTheCertificateOfAnotherHostIsRefusedByTheOpener() {
        try (TcpEndpoint a = endpoint(Certificates.ELSEWHERE);
                TcpEndpoint b = endpoint(Certificates.HOST)) {
            List<Future<Communicator>> joined = join(a, b);
            assertThat(TcpRanks.failure(joined.get(1)))
                    .isInstanceOf(CommunicationException.class)
                    .hasMessageContaining("the certificate of CN=elsewhere is not made for rank 0 at ");
            assertThat(TcpRanks.failure(joined.get(0))).isInstanceOf(CommunicationException.class);
        }
    }

    @Test
    void aCertificateThatNobodyTrustsIsRefusedOnBothSides() {
        try (TcpEndpoint a = endpoint(Certificates.HOST);
                TcpEndpoint b = endpoint(Certificates.STRANGER)) {
            assertThatThrownBy(() -> b.open(a.address(), Hello.link(), System.nanoTime() + LONG.toNanos()))
                    .isInstanceOf(HandshakeException.class)
                    .hasMessageContaining("no TLS");
            assertThatThrownBy(() -> a.open(b.address(), Hello.link(), System.nanoTime() + LONG.toNanos()))
                    .isInstanceOf(HandshakeException.class)
                    .hasMessageContaining("no TLS");
        }
    }

    @Test
    void aRankWithoutTlsDoesNotJoinOneWithIt() {
        try (TcpEndpoint a = endpoint(Certificates.HOST);
                TcpEndpoint b = TcpRanks.endpoint()) {
            for (Future<Communicator> one : join(a, b)) {
                assertThat(TcpRanks.failure(one)).isInstanceOf(CommunicationException.class);
            }
        }
    }

    @Test
    void theSecretIsAskedForInsideOfTls() {
        EndpointConfig other = EndpointConfig.loopback(
                        "another secret, of other bytes..".getBytes(StandardCharsets.US_ASCII))
                .withTls(Certificates.in(folder, Certificates.HOST));
        try (TcpEndpoint a = endpoint(Certificates.HOST);
                TcpEndpoint b = TcpEndpoint.bind(other)) {
            assertThat(TcpRanks.failure(join(a, b).get(1))).hasMessageContaining("the secrets differ");
        }
    }

    @Test
    void strangersAreTurnedAwayInTheTlsHandshake() throws IOException {
        try (TcpEndpoint a = endpoint(Certificates.HOST);
                TcpEndpoint b = endpoint(Certificates.HOST)) {
            byte[] random = new byte[5000];
            new Random(1).nextBytes(random);
            for (byte[] bytes : List.of("GET / HTTP/1.1\r\n\r\n".getBytes(StandardCharsets.US_ASCII), random)) {
                try (Socket socket =
                        new Socket(a.address().getAddress(), a.address().getPort())) {
                    socket.setSoTimeout(20_000);
                    socket.getOutputStream().write(bytes);
                    socket.shutdownOutput();
                    assertThat(answer(socket)).isLessThan(100);
                }
            }
            join(a, b).stream().map(TcpRanks::value).forEach(Communicator::close);
        }
    }

    private static int answer(Socket socket) {
        try {
            return socket.getInputStream().readAllBytes().length;
        } catch (IOException e) {
            // Reset, as there was something left to read for the other side.
            return 0;
        }
    }

    @Test
    void linksCarryLargeMessagesBothWays() throws InterruptedException {
        try (TcpEndpoint leader = endpoint(Certificates.HOST);
                TcpEndpoint worker = endpoint(Certificates.HOST)) {
            LinkedBlockingQueue<Link> arrived = new LinkedBlockingQueue<>();
            leader.onConnect(arrived::add);
            try (Link there = worker.connect(leader.address(), LONG);
                    Link here = Objects.requireNonNull(arrived.poll(20, TimeUnit.SECONDS))) {
                byte[] large = new byte[Link.MAX_MESSAGE_BYTES];
                new Random(1).nextBytes(large);
                there.send(large);
                here.send(large);
                there.send(new byte[] {1});
                assertThat(here.receive(LONG)).hasValue(large);
                assertThat(here.receive(LONG)).hasValue(new byte[] {1});
                assertThat(there.receive(LONG)).hasValue(large);
            }
        }
    }

    @Test
    void aStoreThatIsNotThereIsNamed() {
        TlsConfig missing = new TlsConfig(folder.resolve("none.p12"), folder.resolve("trust.p12"), "x".toCharArray());
        EndpointConfig config = EndpointConfig.loopback(TcpRanks.SECRET).withTls(missing);
        assertThatThrownBy(() -> TcpEndpoint.bind(config))
                .isInstanceOf(UncheckedIOException.class)
                .hasMessageContaining("can't read the PKCS12 store")
                .hasMessageContaining("none.p12");
        TlsConfig wrong = new TlsConfig(folder.resolve("host.p12"), folder.resolve("trust.p12"), "x".toCharArray());
        assertThatThrownBy(() -> TcpEndpoint.bind(
                        EndpointConfig.loopback(TcpRanks.SECRET).withTls(wrong)))
                .hasMessageContaining("host.p12");
    }

    @Test
    void thePasswordIsTheFirstLineOfItsFile() throws IOException {
        Path file = Files.writeString(folder.resolve("password"), "changeit\nmore\n");
        TlsConfig config = TlsConfig.withPasswordFile(folder.resolve("host.p12"), folder.resolve("trust.p12"), file);
        assertThat(config.password()).isEqualTo("changeit".toCharArray());
        assertThat(config.toString()).doesNotContain("changeit").contains("host.p12");
        Path empty = Files.writeString(folder.resolve("empty"), "");
        assertThatThrownBy(() -> TlsConfig.withPasswordFile(file, file, empty)).hasMessageContaining("no password");
    }
}
