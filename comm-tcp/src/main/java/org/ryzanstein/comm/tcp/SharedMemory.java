package org.ryzanstein.comm.tcp;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * How the two ends of an authenticated data connection agree to exchange their frames through shared memory, or not to:
 *
 * <pre>
 * opener   : offer   name of an empty file, and the addresses of the connection as it sees them
 * listener : opened  it has opened that file
 * opener   : ready   the file has no name any more, but all its memory, and a nonce of the opener
 * listener : proof   HMAC of that nonce and of one that the listener has put into the memory
 * opener   : verdict the proof is right: from now on both use the memory
 * </pre>
 *
 * Instead of any of these a side may say why not; then the connection stays as it is, and both know it. Each message is a
 * verdict of one byte, the length of a text, an HMAC by the session's key, the text. The proof shows that both see one memory,
 * now and in both directions: a file of the same name is not enough, which each container of a machine may have. The addresses
 * show that nothing lies in between that has a connection of its own to either side, such as a relay: it is there on purpose.
 */
final class SharedMemory {
    /** System property: {@code auto} or {@code off}. */
    static final String PROPERTY = "ryzanstein.tcp.shared-memory";

    /** Where files lie in memory alone. */
    static final Path FOLDER = Path.of("/dev/shm");

    private static final Logger LOG = System.getLogger(SharedMemory.class.getName());
    private static final int MAX_TEXT_BYTES = 512;
    private static final int HEAD_BYTES = 3;
    private static final byte YES = 0;
    private static final byte NO = 1;
    private static final SecureRandom RANDOM = new SecureRandom();

    private final Path folder;
    private final boolean wanted;

    /**
     * A way to agree.
     *
     * @param folder for the files
     * @param choice value of the property, if it is set
     */
    SharedMemory(Path folder, @Nullable String choice) {
        this.folder = folder;
        wanted = isWanted(choice);
    }

    private static boolean isWanted(@Nullable String choice) {
        if (choice == null || choice.equals("auto")) {
            return true;
        }
        if (choice.equals("off")) {
            return false;
        }
        throw new IllegalArgumentException(PROPERTY + "=" + choice + ", expected auto or off");
    }

    /**
     * What was agreed.
     *
     * @param connection for the frames
     * @param refusal why it is not shared memory, if it is not
     */
    record Agreement(Connection connection, Optional<String> refusal) {}

    /** A side's refusal, which both sides know. */
    private static final class Refusal extends Exception {
        private static final long serialVersionUID = 1;

        private Refusal(String reason) {
            super(reason);
        }

        private String reason() {
            return String.valueOf(getMessage());
        }
    }

    /** One side of the conversation. */
    private static final class Talk {
        private final Wire wire;
        private final byte[] key;

        private Talk(Wire wire, byte[] key) {
            this.wire = wire;
            this.key = key;
        }

        private void say(String label, byte verdict, String text) throws IOException {
            byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
            bytes = Arrays.copyOf(bytes, Math.min(bytes.length, MAX_TEXT_BYTES));
            byte[] head = ByteBuffer.allocate(HEAD_BYTES)
                    .put(verdict)
                    .putShort((short) bytes.length)
                    .array();
            wire.write(head, Handshake.mac(key, label, head, bytes), bytes);
        }

        private void yes(String label, String text) throws IOException {
            say(label, YES, text);
        }

        /** Says why not. */
        private Refusal no(String label, String reason) throws IOException {
            say(label, NO, reason);
            return new Refusal(reason);
        }

        /** The text of a yes. */
        private String hear(String label) throws IOException, Refusal {
            byte[] head = wire.read(HEAD_BYTES);
            int length = ByteBuffer.wrap(head).getShort(1);
            if (length < 0 || length > MAX_TEXT_BYTES) {
                throw new HandshakeException(
                        "a message of " + length + " bytes about shared memory, expected at most " + MAX_TEXT_BYTES);
            }
            byte[] mac = wire.read(Handshake.MAC_BYTES);
            byte[] bytes = wire.read(length);
            if (!MessageDigest.isEqual(mac, Handshake.mac(key, label, head, bytes))) {
                throw new HandshakeException("a message about shared memory that is not authentic");
            }
            String text = new String(bytes, StandardCharsets.UTF_8);
            if (head[0] != YES) {
                throw new Refusal(text);
            }
            return text;
        }

        /** What only those can know who see both nonces. */
        private String proof(MemorySegment memory) {
            return HexFormat.of()
                    .formatHex(Handshake.mac(
                            key,
                            "memory-nonces",
                            nonce(memory, SharedLayout.AT_OPENER_NONCE),
                            nonce(memory, SharedLayout.AT_LISTENER_NONCE)));
        }

        private static byte[] nonce(MemorySegment memory, int at) {
            return memory.asSlice(at, Handshake.NONCE_BYTES).toArray(ValueLayout.JAVA_BYTE);
        }
    }

    private static void putNonce(MemorySegment memory, int at) {
        byte[] nonce = new byte[Handshake.NONCE_BYTES];
        RANDOM.nextBytes(nonce);
        MemorySegment.copy(nonce, 0, memory, ValueLayout.JAVA_BYTE, at, nonce.length);
    }

    /**
     * The opener's side.
     *
     * @param arrived an authenticated connection in blocking mode
     */
    Agreement offer(Arrivals.Arrived arrived, long deadlineNanos) throws IOException {
        return agree(arrived, deadlineNanos, this::offer);
    }

    /** One side of the conversation. */
    private interface Side {
        SharedConnection agree(Connection connection, Talk talk, Arena arena) throws IOException, Refusal;
    }

    private static Agreement agree(Arrivals.Arrived arrived, long deadlineNanos, Side side) throws IOException {
        Connection connection = arrived.connection();
        Talk talk =
                new Talk(new Wire(connection, deadlineNanos), arrived.session().key());
        Arena arena = Arena.ofShared();
        try {
            return new Agreement(side.agree(connection, talk, arena), Optional.empty());
        } catch (Refusal e) {
            arena.close();
            return new Agreement(connection, Optional.of(e.reason()));
        } catch (IOException | RuntimeException | Error e) {
            arena.close();
            throw e;
        }
    }

    private SharedConnection offer(Connection connection, Talk talk, Arena arena) throws IOException, Refusal {
        Optional<String> unwilling = unwilling(connection.socket());
        if (unwilling.isPresent()) {
            throw talk.no("memory-offer", unwilling.get());
        }
        try (SharedFile file = create(talk)) {
            try {
                SocketChannel socket = connection.socket();
                talk.yes(
                        "memory-offer",
                        file.name() + " " + plain(socket.getLocalAddress()) + " " + plain(socket.getRemoteAddress()));
                talk.hear("memory-opened");
            } finally {
                file.unlink();
            }
            MemorySegment memory = fill(file, talk, arena);
            talk.yes("memory-ready", "");
            String proof = talk.hear("memory-proof");
            if (!proof.equals(talk.proof(memory))) {
                throw talk.no("memory-verdict", "what the other side has opened is other memory");
            }
            talk.yes("memory-verdict", "");
            return new SharedConnection(connection, arena, memory, true);
        }
    }

    private SharedFile create(Talk talk) throws IOException, Refusal {
        try {
            return SharedFile.create(folder);
        } catch (IOException e) {
            throw talk.no("memory-offer", failed("can't make shared memory", e));
        }
    }

    private static MemorySegment fill(SharedFile file, Talk talk, Arena arena) throws IOException, Refusal {
        try {
            file.allocate();
            MemorySegment memory = file.map(arena);
            memory.load();
            putNonce(memory, SharedLayout.AT_OPENER_NONCE);
            return memory;
        } catch (IOException e) {
            throw talk.no("memory-ready", failed("no room for shared memory", e));
        }
    }

    /** This is not how it should be, so it is said here too. */
    private static String failed(String what, IOException cause) {
        String reason = what + ": " + cause.getMessage();
        LOG.log(Level.WARNING, "{0}; a rank of this machine is reached by TCP", reason);
        return reason;
    }

    /** The listener's side. */
    Agreement answer(Arrivals.Arrived arrived, long deadlineNanos) throws IOException {
        return agree(arrived, deadlineNanos, this::answer);
    }

    private SharedConnection answer(Connection connection, Talk talk, Arena arena) throws IOException, Refusal {
        String[] offer = talk.hear("memory-offer").split(" ", 3);
        Optional<String> unwilling = unwilling(connection.socket());
        if (unwilling.isPresent()) {
            throw talk.no("memory-opened", unwilling.get());
        }
        SocketChannel socket = connection.socket();
        String seen = plain(socket.getRemoteAddress()) + " " + plain(socket.getLocalAddress());
        if (offer.length < 3 || !seen.equals(offer[1] + " " + offer[2])) {
            throw talk.no("memory-opened", "the connection does not come straight from the other side");
        }
        try (SharedFile file = open(offer[0], talk)) {
            talk.yes("memory-opened", "");
            talk.hear("memory-ready");
            MemorySegment memory = map(file, talk, arena);
            talk.yes("memory-proof", talk.proof(memory));
            talk.hear("memory-verdict");
            return new SharedConnection(connection, arena, memory, false);
        }
    }

    /** Without the name by which it was looked up, which one side may have and the other not. */
    private static String plain(SocketAddress address) {
        String text = address.toString();
        return text.substring(text.indexOf('/'));
    }

    private SharedFile open(String name, Talk talk) throws IOException, Refusal {
        try {
            return SharedFile.open(folder, name);
        } catch (IOException e) {
            throw talk.no("memory-opened", failed("can't open shared memory", e));
        }
    }

    private static MemorySegment map(SharedFile file, Talk talk, Arena arena) throws IOException, Refusal {
        try {
            MemorySegment memory = file.map(arena);
            memory.load();
            putNonce(memory, SharedLayout.AT_LISTENER_NONCE);
            return memory;
        } catch (IOException e) {
            throw talk.no("memory-proof", failed("can't map shared memory", e));
        }
    }

    /** Why this side does not even try. */
    private Optional<String> unwilling(SocketChannel socket) throws IOException {
        if (!wanted) {
            return Optional.of(PROPERTY + "=off");
        }
        return isLocal(socket) ? Optional.empty() : Optional.of("at another address");
    }

    /** Whether the other end has an address of this machine. */
    static boolean isLocal(SocketChannel socket) throws IOException {
        SocketAddress local = socket.getLocalAddress();
        return socket.getRemoteAddress() instanceof InetSocketAddress remote
                && local instanceof InetSocketAddress own
                && (remote.getAddress().isLoopbackAddress()
                        || own.getAddress().isLoopbackAddress()
                        || remote.getAddress().equals(own.getAddress()));
    }
}
