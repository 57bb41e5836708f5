package org.ryzanstein.comm.tcp;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
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

    private final Mesh mesh;
    private final int peer;
    private final Connection connection;
    private final SelectionKey key;
    private final CRC32C crc = new CRC32C();

    private final ByteBuffer out = staging();
    private final ByteBuffer outView = view(out);
    private final MemorySegment outMemory = MemorySegment.ofBuffer(view(out));
    private final ByteBuffer in = staging();
    private final ByteBuffer inView = view(in);
    private final MemorySegment inMemory = MemorySegment.ofBuffer(view(in));

    private final SendQueue queue = new SendQueue();

    /**
     * Operations whose last word for this peer is staged, but maybe not written yet. They are not done before: who waits for
     * no further one moves nothing any more.
     */
    private final List<TcpOperation> staged = new ArrayList<>();

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

    PeerChannel(Mesh mesh, int peer, Connection connection, Selector selector) throws IOException {
        this.mesh = mesh;
        this.peer = peer;
        this.connection = connection;
        out.limit(0);
        connection.socket().configureBlocking(false);
        key = connection.socket().register(selector, 0, this);
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
        return !queue.isEmpty() || out.hasRemaining() || connection.holdsOutput();
    }

    /** Puts words of the message of an operation at the end of what is to be sent to this peer. */
    void enqueue(TcpOperation operation, int phase, int from, int end) {
        queue.add(operation, phase, from, end);
    }

    /** Writes as much as the socket takes. Returns whether anything moved. */
    boolean pump() {
        boolean moved = false;
        while (hasOutgoing() && !ended) {
            stage();
            int written = write();
            moved |= written > 0;
            if ((out.hasRemaining() && !connection.mayTakeMore()) || connection.holdsOutput()) {
                return moved;
            }
        }
        return moved;
    }

    private int write() {
        try {
            int written = connection.write(out);
            bytesOut += written;
            if (!out.hasRemaining() && !connection.holdsOutput()) {
                for (int i = 0; i < staged.size(); i++) {
                    staged.get(i).messageSent();
                }
                staged.clear();
            }
            return written;
        } catch (RingException e) {
            throw broken(e.getMessage());
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
        while (!queue.isEmpty()) {
            int left = queue.left();
            int room = out.capacity() - out.limit() - Frame.HEADER_BYTES;
            if (room < Math.min((long) left * 4, LEAST_PIECE_BYTES)) {
                return;
            }
            stageFrame(Math.min(left, Math.min(room / 4, Frame.MAX_WORDS)));
        }
    }

    private void stageFrame(int words) {
        TcpOperation operation = queue.operation();
        int phase = queue.phase();
        int first = queue.next();
        int rank = operation.rankOfPeer(peer);
        int total = operation.outgoingWords(phase, rank);
        int at = out.limit();
        int payload = at + Frame.HEADER_BYTES;
        int mask = operation.stage(phase, rank, first, words, outMemory, payload);
        int end = payload + Packing.payloadWords(mask, words) * 4;
        Frame.writeCall(outView, at, mesh.epoch(), operation, phase);
        Frame.writePayload(outView, at, first, words, total, mask, checksum(outView, payload, end));
        outView.putInt(at + Frame.AT_HEADER_CHECKSUM, checksum(outView, at, at + Frame.AT_HEADER_CHECKSUM));
        out.limit(end);
        operation.countWire(end - at);
        queue.sent(words);
        if (first + words == total) {
            staged.add(operation);
        }
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
            int read = connection.read(in);
            ended = read < 0;
            bytesIn += Math.max(0, read);
            return read;
        } catch (RingException e) {
            throw broken(e.getMessage());
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
        int length = Frame.payloadWords(inView, at);
        if (length > Frame.MAX_WORDS) {
            throw broken("a frame of " + length + " words, expected at most " + Frame.MAX_WORDS);
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
        int words = Frame.words(inView, at);
        if (words > Frame.MAX_WORDS || Packing.payloadWords(Frame.mask(inView, at), words) != length) {
            throw broken(
                    "a frame of " + length + " words, which does not hold the " + words + " elements that it names");
        }
        return length * 4;
    }

    private CommunicationException broken(@Nullable String what) {
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

    /** Tells the selector what to wake up for. Returns whether the thread may block: there is nothing to do here. */
    boolean prepareToBlock() {
        try {
            int wanted = ended ? 0 : connection.prepareToBlock(!stalled, hasOutgoing());
            if (wanted == Connection.GO_ON) {
                return false;
            }
            if (wanted != interest) {
                interest = wanted;
                key.interestOps(wanted);
            }
            return true;
        } catch (RingException e) {
            throw broken(e.getMessage());
        } catch (IOException e) {
            ended = true;
            return false;
        }
    }

    /** The selector has found the socket ready. */
    void wake() {
        connection.wake();
    }

    /** The thread does not block any more. */
    void goOn() {
        try {
            connection.goOn();
        } catch (RingException e) {
            throw broken(e.getMessage());
        } catch (IOException e) {
            ended = true;
        }
    }
}
