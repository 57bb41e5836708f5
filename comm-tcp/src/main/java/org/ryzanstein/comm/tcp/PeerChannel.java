package org.ryzanstein.comm.tcp;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;
import org.ryzanstein.api.comm.CommunicationException;
import org.ryzanstein.api.comm.CommunicationException.Kind;

/**
 * The data connection to one peer: messages that wait to be written, and frames that were read. Frames are checked in whole
 * before anything of them reaches a caller's buffer. A frame whose call was not made here yet stays where it is, and then
 * nothing more is read from this peer; only when something behind it is needed is it put aside.
 */
final class PeerChannel {
    private static final int STAGING_BYTES = 1 << 18;
    private static final int MAX_FRAME_BYTES = Frame.HEADER_BYTES + Frame.MAX_PAYLOAD_BYTES;

    /** A frame is begun in the rest of the staging buffer only if this many bytes of it fit, or all of it. */
    private static final int LEAST_PIECE_BYTES = 1 << 13;

    /** How much of a peer's frames may be put aside. */
    private static final long MAX_ASIDE_BYTES = 1L << 26;

    private static final int FIRST_QUEUE_SIZE = 16;

    private final Mesh mesh;
    private final int peer;
    private final SocketChannel socket;
    private final SelectionKey key;
    private final CRC32C crc = new CRC32C();

    private final ByteBuffer out = staging();
    private final ByteBuffer outView = view(out);
    private final MemorySegment outMemory = MemorySegment.ofBuffer(view(out));
    private final ByteBuffer in = staging();
    private final ByteBuffer inView = view(in);
    private final MemorySegment inMemory = MemorySegment.ofBuffer(view(in));

    private @Nullable TcpOperation[] waiting = new @Nullable TcpOperation[FIRST_QUEUE_SIZE];
    private int[] waitingPhases = new int[FIRST_QUEUE_SIZE];
    private int waitingFirst;
    private int waitingCount;
    private int wordsStaged;

    private final List<Aside> aside = new ArrayList<>();
    private long asideBytes;

    /** Where the first frame that was not delivered begins. */
    private int parsed;

    private boolean checked;
    private boolean stalled;
    private boolean ended;
    private int interest;
    private long bytesOut;
    private long bytesIn;

    /** A whole frame that was put aside. */
    private record Aside(ByteBuffer frame, MemorySegment memory) {}

    PeerChannel(Mesh mesh, int peer, SocketChannel socket, Selector selector) throws IOException {
        this.mesh = mesh;
        this.peer = peer;
        this.socket = socket;
        out.limit(0);
        socket.configureBlocking(false);
        key = socket.register(selector, 0);
    }

    private static ByteBuffer staging() {
        return ByteBuffer.allocateDirect(STAGING_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    }

    private static ByteBuffer view(ByteBuffer buffer) {
        return buffer.duplicate().order(ByteOrder.LITTLE_ENDIAN).clear();
    }

    int peer() {
        return peer;
    }

    SocketChannel socket() {
        return socket;
    }

    /** Whether the peer will send nothing more. */
    boolean ended() {
        return ended;
    }

    boolean stalled() {
        return stalled;
    }

    long bytesOut() {
        return bytesOut;
    }

    long bytesIn() {
        return bytesIn;
    }

    boolean hasOutgoing() {
        return waitingCount > 0 || out.hasRemaining();
    }

    /** Puts the message of an operation at the end of what is to be sent to this peer. */
    void enqueue(TcpOperation operation, int phase) {
        if (waitingCount == waiting.length) {
            growQueue();
        }
        int last = (waitingFirst + waitingCount) & (waiting.length - 1);
        waiting[last] = operation;
        waitingPhases[last] = phase;
        waitingCount++;
    }

    private void growQueue() {
        @Nullable TcpOperation[] operations = new @Nullable TcpOperation[waiting.length * 2];
        int[] phases = new int[waiting.length * 2];
        for (int i = 0; i < waitingCount; i++) {
            int from = (waitingFirst + i) & (waiting.length - 1);
            operations[i] = waiting[from];
            phases[i] = waitingPhases[from];
        }
        waiting = operations;
        waitingPhases = phases;
        waitingFirst = 0;
    }

    /** Writes as much as the socket takes. Returns whether anything moved. */
    boolean pump() {
        boolean moved = false;
        while (hasOutgoing() && !ended) {
            stage();
            int written = write();
            moved |= written > 0;
            if (out.hasRemaining()) {
                return moved;
            }
        }
        return moved;
    }

    private int write() {
        try {
            int written = socket.write(out);
            bytesOut += written;
            return written;
        } catch (IOException e) {
            // The heartbeat's connection says whether the peer died or left.
            ended = true;
            return 0;
        }
    }

    /** Fills the staging buffer with frames. */
    private void stage() {
        if (!out.hasRemaining()) {
            out.position(0);
            out.limit(0);
        }
        TcpOperation operation = waitingCount == 0 ? null : waiting[waitingFirst];
        while (operation != null) {
            int phase = waitingPhases[waitingFirst];
            int rank = operation.rankOfPeer(peer);
            int total = operation.outgoingWords(phase, rank);
            int left = total - wordsStaged;
            int room = out.capacity() - out.limit() - Frame.HEADER_BYTES;
            if (room < Math.min((long) left * 4, LEAST_PIECE_BYTES)) {
                return;
            }
            int words = Math.min(left, Math.min(room / 4, Frame.MAX_PAYLOAD_WORDS));
            stageFrame(operation, phase, rank, words, total);
            wordsStaged += words;
            if (wordsStaged == total) {
                wordsStaged = 0;
                waiting[waitingFirst] = null;
                waitingFirst = (waitingFirst + 1) & (waiting.length - 1);
                waitingCount--;
                operation.staged(phase);
            }
            operation = waitingCount == 0 ? null : waiting[waitingFirst];
        }
    }

    private void stageFrame(TcpOperation operation, int phase, int rank, int words, int total) {
        int at = out.limit();
        int payload = at + Frame.HEADER_BYTES;
        int end = payload + words * 4;
        operation.stage(phase, rank, wordsStaged, words, outMemory, payload);
        int payloadChecksum = checksum(outView, payload, end);
        Frame.write(outView, at, mesh.epoch(), operation, phase, wordsStaged, words, total, payloadChecksum);
        outView.putInt(at + Frame.AT_HEADER_CHECKSUM, checksum(outView, at, at + Frame.AT_HEADER_CHECKSUM));
        out.limit(end);
    }

    private int checksum(ByteBuffer view, int from, int to) {
        if (from == to) {
            return 0;
        }
        crc.reset();
        view.limit(to).position(from);
        crc.update(view);
        view.clear();
        return (int) crc.getValue();
    }

    /** Reads what is there and delivers it. Returns whether anything moved. */
    boolean pull() {
        if (stalled || ended) {
            return false;
        }
        int read = read();
        if (read <= 0) {
            return false;
        }
        parse();
        return true;
    }

    private int read() {
        if (parsed == in.position()) {
            in.clear();
            parsed = 0;
        } else if (in.remaining() < MAX_FRAME_BYTES) {
            in.limit(in.position()).position(parsed);
            in.compact();
            parsed = 0;
        }
        try {
            int read = socket.read(in);
            ended = read < 0;
            bytesIn += Math.max(0, read);
            return read;
        } catch (IOException e) {
            // The heartbeat's connection says whether the peer died or left.
            ended = true;
            return -1;
        }
    }

    private void parse() {
        while (!stalled && in.position() - parsed >= Frame.HEADER_BYTES) {
            int length = checkHeader(parsed);
            int end = parsed + Frame.HEADER_BYTES + length;
            if (in.position() < end) {
                return;
            }
            if (Frame.epoch(inView, parsed) == mesh.epoch()) {
                if (!checked && checksum(inView, end - length, end) != Frame.payloadChecksum(inView, parsed)) {
                    throw mesh.fail(Kind.PROTOCOL, peer, "rank " + peer + " sent a payload whose checksum is wrong");
                }
                checked = true;
                if (!mesh.dispatch(this, inView, parsed, inMemory)) {
                    stalled = true;
                    return;
                }
            }
            parsed = end;
            checked = false;
        }
    }

    /** Checks a header and returns the length of the payload. */
    private int checkHeader(int at) {
        if (Frame.magic(inView, at) != Frame.MAGIC) {
            throw broken("a frame that begins with " + Integer.toHexString(Frame.magic(inView, at)) + ", expected "
                    + Integer.toHexString(Frame.MAGIC));
        }
        int length = Frame.length(inView, at);
        if (length < 0 || length > Frame.MAX_PAYLOAD_BYTES || length % 4 != 0) {
            throw broken("a frame of " + length + " bytes, expected whole words, at most " + Frame.MAX_PAYLOAD_BYTES);
        }
        if (!checked
                && checksum(inView, at, at + Frame.AT_HEADER_CHECKSUM)
                        != inView.getInt(at + Frame.AT_HEADER_CHECKSUM)) {
            throw broken("a header whose checksum is wrong");
        }
        long epoch = Frame.epoch(inView, at);
        if (epoch > mesh.epoch()) {
            throw broken("a frame of epoch " + epoch + ", this is epoch " + mesh.epoch());
        }
        return length;
    }

    private CommunicationException broken(String what) {
        return mesh.fail(Kind.PROTOCOL, peer, "rank " + peer + " sent " + what);
    }

    /** A call was made here: the frame that waits may belong to it. */
    void unstall() {
        if (!aside.isEmpty()) {
            // A put-aside frame that is delivered may start calls' second phases, but never adds to the list.
            for (int i = 0; i < aside.size(); i++) {
                Aside frame = aside.get(i);
                if (mesh.dispatch(this, frame.frame(), 0, frame.memory())) {
                    aside.remove(i--);
                    asideBytes -= frame.frame().capacity();
                }
            }
        }
        if (stalled) {
            stalled = false;
            parse();
        }
    }

    /** Puts the frame that waits for its call aside, so that those behind it can be read. Returns whether one was moved. */
    boolean putAside() {
        if (!stalled || asideBytes > MAX_ASIDE_BYTES) {
            return false;
        }
        int size = Frame.HEADER_BYTES + Frame.length(inView, parsed);
        ByteBuffer frame = ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
        frame.put(0, inView, parsed, size);
        aside.add(new Aside(frame, MemorySegment.ofBuffer(frame)));
        asideBytes += size;
        parsed += size;
        checked = false;
        stalled = false;
        parse();
        return true;
    }

    /** Tells the selector what to wake up for. */
    void updateInterest() {
        int wanted = 0;
        if (!ended) {
            wanted = (stalled ? 0 : SelectionKey.OP_READ) | (hasOutgoing() ? SelectionKey.OP_WRITE : 0);
        }
        if (wanted != interest) {
            interest = wanted;
            key.interestOps(wanted);
        }
    }
}
