package org.ryzanstein.comm.tcp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** How two ends agree on shared memory, and that nothing is left of it where they do not. */
@EnabledOnOs(OS.LINUX)
@Timeout(60)
class SharedMemoryTest {
    private static final byte[] KEY = new byte[32];
    private static final Executor THREADS = task -> Thread.ofPlatform().daemon().start(task);

    @SuppressWarnings("NullAway.Init") // Set before each test.
    private Path folder;

    @SuppressWarnings("NullAway.Init") // Set before each test.
    private SocketPair sockets;

    @BeforeEach
    void connect() throws IOException {
        folder = SharedFolders.make();
        sockets = SocketPair.open();
    }

    @AfterEach
    void close() throws IOException {
        sockets.close();
        SharedFolders.delete(folder);
    }

    private static long soon() {
        return System.nanoTime() + 20_000_000_000L;
    }

    private static Arrivals.Arrived arrived(Connection connection) {
        return new Arrivals.Arrived(connection, new Handshake.Session(Hello.link(), KEY));
    }

    private Arrivals.Arrived opener() {
        return arrived(new PlainConnection(sockets.opener()));
    }

    private Arrivals.Arrived listener() {
        return arrived(new PlainConnection(sockets.listener()));
    }

    private SharedMemory auto() {
        return new SharedMemory(folder, "auto");
    }

    /** What the opener comes to, while the listener does something. */
    private CompletableFuture<SharedMemory.Agreement> offered(SharedMemory memory) {
        return CompletableFuture.supplyAsync(
                () -> {
                    try {
                        return memory.offer(opener(), soon());
                    } catch (IOException e) {
                        throw new CompletionException(e);
                    }
                },
                THREADS);
    }

    /** What the listener comes to. */
    private CompletableFuture<SharedMemory.Agreement> answered(SharedMemory memory) {
        return CompletableFuture.supplyAsync(
                () -> {
                    try {
                        return memory.answer(listener(), soon());
                    } catch (IOException e) {
                        throw new CompletionException(e);
                    }
                },
                THREADS);
    }

    private void assertThatBothStayWithTheSocket(SharedMemory opener, SharedMemory listener, String why) {
        CompletableFuture<SharedMemory.Agreement> answered = answered(listener);
        SharedMemory.Agreement offered = offered(opener).join();
        assertThat(offered.refusal().orElseThrow()).contains(why);
        assertThat(answered.join().refusal()).isEqualTo(offered.refusal());
        assertThat(offered.connection()).isInstanceOf(PlainConnection.class);
        assertThat(answered.join().connection()).isInstanceOf(PlainConnection.class);
        assertThat(SharedFolders.list(folder)).isEmpty();
    }

    @Test
    void bothGetTheSameMemoryOfWhichNoNameIsLeft() throws IOException {
        CompletableFuture<SharedMemory.Agreement> answered = answered(auto());
        SharedMemory.Agreement offered = offered(auto()).join();
        assertThat(offered.refusal()).isEmpty();
        assertThat(answered.join().refusal()).isEmpty();
        assertThat(SharedFolders.list(folder)).isEmpty();
        Connection there = answered.join().connection();
        pass("to the listener", offered.connection(), there);
        pass("and back", there, offered.connection());
        offered.connection().close();
        there.close();
    }

    private static void pass(String text, Connection from, Connection to) throws IOException {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        assertThat(from.write(ByteBuffer.wrap(bytes))).isEqualTo(bytes.length);
        ByteBuffer read = ByteBuffer.allocate(100);
        assertThat(to.read(read)).isEqualTo(bytes.length);
        assertThat(new String(read.array(), 0, read.position(), StandardCharsets.UTF_8))
                .isEqualTo(text);
    }

    @Test
    void eitherSideMayBeSetToSocketsAlone() throws IOException {
        SharedMemory off = new SharedMemory(folder, "off");
        assertThatBothStayWithTheSocket(off, auto(), "ryzanstein.tcp.shared-memory=off");
        assertThatBothStayWithTheSocket(auto(), off, "ryzanstein.tcp.shared-memory=off");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "on", "OFF", "true"})
    void anotherValueOfThePropertyIsRefused(String value) {
        assertThatThrownBy(() -> new SharedMemory(folder, value))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("ryzanstein.tcp.shared-memory=" + value + ", expected auto or off");
    }

    @Test
    void whereThereIsNoMemoryTheSocketIsUsed() {
        SharedMemory nowhere = new SharedMemory(Path.of("/proc/self"), "auto");
        assertThatBothStayWithTheSocket(
                nowhere, auto(), "can't make shared memory: /proc/self is a proc, expected tmpfs");
        assertThatBothStayWithTheSocket(auto(), nowhere, "can't open shared memory: /proc/self is a proc");
    }

    @Test
    void whereTheOtherSideSeesAnotherFolderTheSocketIsUsed() {
        Path elsewhere = SharedFolders.make();
        try {
            assertThatBothStayWithTheSocket(
                    auto(), new SharedMemory(elsewhere, "auto"), "can't open shared memory: there is no file");
        } finally {
            SharedFolders.delete(elsewhere);
        }
    }

    @Test
    void aRelayInBetweenIsNotBypassed() throws IOException {
        sockets.close();
        try (ServerSocketChannel server =
                        ServerSocketChannel.open().bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
                Relay relay = new Relay((InetSocketAddress) Objects.requireNonNull(server.getLocalAddress()), 1)) {
            sockets = new SocketPair(SocketChannel.open(relay.address()), server.accept());
            assertThatBothStayWithTheSocket(
                    auto(), auto(), "the connection does not come straight from the other side");
        }
    }

    /** The listener's part by hand. */
    private static final class Hand {
        private final Wire wire;

        private Hand(Connection connection) {
            wire = new Wire(connection, soon());
        }

        private void say(String label, int verdict, String text) throws IOException {
            byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
            byte[] head = ByteBuffer.allocate(3)
                    .put((byte) verdict)
                    .putShort((short) bytes.length)
                    .array();
            wire.write(head, Handshake.mac(KEY, label, head, bytes), bytes);
        }

        /** Verdict and text. */
        private Map.Entry<Integer, String> hear() throws IOException {
            byte[] head = wire.read(3);
            wire.read(Handshake.MAC_BYTES);
            String text = new String(wire.read(ByteBuffer.wrap(head).getShort(1)), StandardCharsets.UTF_8);
            return Map.entry((int) head[0], text);
        }
    }

    @Test
    void whoeverCanNotProveThatHeSeesTheMemoryGetsTheSocket() throws IOException {
        CompletableFuture<SharedMemory.Agreement> offered = offered(auto());
        Hand listener = new Hand(new PlainConnection(sockets.listener()));
        assertThat(listener.hear().getValue()).startsWith("ryzanstein-");
        listener.say("memory-opened", 0, "");
        assertThat(listener.hear()).isEqualTo(Map.entry(0, ""));
        assertThat(SharedFolders.list(folder)).isEmpty();
        listener.say("memory-proof", 0, "0".repeat(64));
        assertThat(listener.hear()).isEqualTo(Map.entry(1, "what the other side has opened is other memory"));
        assertThat(offered.join().refusal()).contains("what the other side has opened is other memory");
    }

    @Test
    void aListenerThatDiesLeavesNoName() throws IOException {
        CompletableFuture<SharedMemory.Agreement> offered = offered(auto());
        Hand listener = new Hand(new PlainConnection(sockets.listener()));
        assertThat(listener.hear().getKey()).isZero();
        assertThat(SharedFolders.list(folder))
                .hasSize(1)
                .first()
                .satisfies(file -> assertThat(file).isEmptyFile());
        sockets.listener().close();
        assertThatThrownBy(offered::join).hasCauseInstanceOf(IOException.class);
        assertThat(SharedFolders.list(folder)).isEmpty();
    }

    /** The opener's first message. */
    private String offer(String name) throws IOException {
        return name + " " + sockets.opener().getLocalAddress() + " "
                + sockets.opener().getRemoteAddress();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "../../etc/passwd",
                "",
                "ryzanstein-0123456789abcdef0123456789abcdeg",
                "ryzanstein-0123456789abcdef0123456789abcdef"
            })
    void hostileNamesAreRefusedAndTheSocketIsUsed(String name) throws IOException {
        CompletableFuture<SharedMemory.Agreement> answered = answered(auto());
        Hand opener = new Hand(new PlainConnection(sockets.opener()));
        opener.say("memory-offer", 0, offer(name));
        assertThat(opener.hear().getKey()).isEqualTo(1);
        assertThat(answered.join().refusal().orElseThrow()).startsWith("can't open shared memory: ");
    }

    @Test
    void anOfferThatIsNoneIsRefused() throws IOException {
        CompletableFuture<SharedMemory.Agreement> answered = answered(auto());
        Hand opener = new Hand(new PlainConnection(sockets.opener()));
        opener.say("memory-offer", 0, "ryzanstein");
        assertThat(opener.hear().getKey()).isEqualTo(1);
        assertThat(answered.join().refusal())
                .isEqualTo(Optional.of("the connection does not come straight from the other side"));
    }

    @Test
    void whatIsNotAuthenticEndsTheConnection() throws IOException {
        CompletableFuture<SharedMemory.Agreement> answered = answered(auto());
        sockets.opener().write(ByteBuffer.allocate(3 + Handshake.MAC_BYTES));
        assertThatThrownBy(answered::join)
                .hasCauseInstanceOf(HandshakeException.class)
                .hasMessageContaining("a message about shared memory that is not authentic");
    }

    @Test
    void aMessageThatIsTooLongIsNotRead() throws IOException {
        CompletableFuture<SharedMemory.Agreement> answered = answered(auto());
        sockets.opener().write(ByteBuffer.wrap(new byte[] {0, 2, 1}));
        assertThatThrownBy(answered::join).hasMessageContaining("a message of 513 bytes about shared memory");
    }

    /** The opener's part by hand, up to what it says of a file that it has not given its size. */
    private CompletableFuture<SharedMemory.Agreement> answeredToAnEmptyFile(Hand opener, int verdict, String text)
            throws IOException {
        CompletableFuture<SharedMemory.Agreement> answered = answered(auto());
        try (SharedFile file = SharedFile.create(folder)) {
            opener.say("memory-offer", 0, offer(file.name()));
            assertThat(opener.hear().getKey()).isZero();
            file.unlink();
        }
        opener.say("memory-ready", verdict, text);
        return answered;
    }

    @Test
    void aRefusalByTheOpenerIsTakenAfterTheFileWasOpened() throws IOException {
        Hand opener = new Hand(new PlainConnection(sockets.opener()));
        assertThat(answeredToAnEmptyFile(opener, 1, "no room").join().refusal()).contains("no room");
    }

    @Test
    void aFileOfAnotherSizeIsNotUsed() throws IOException {
        Hand opener = new Hand(new PlainConnection(sockets.opener()));
        CompletableFuture<SharedMemory.Agreement> answered = answeredToAnEmptyFile(opener, 0, "");
        assertThat(opener.hear().getValue()).contains("can't map shared memory: the shared file has 0 bytes");
        assertThat(answered.join().refusal().orElseThrow()).contains("has 0 bytes");
    }
}
