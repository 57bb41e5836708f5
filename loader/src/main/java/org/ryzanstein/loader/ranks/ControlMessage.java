package org.ryzanstein.loader.ranks;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import org.ryzanstein.loader.cluster.ClusterException;
import org.ryzanstein.loader.cluster.ClusterOptions;
import org.ryzanstein.loader.model.ModelLimits;

/** What leader and worker tell each other over their link, outside of a group. */
sealed interface ControlMessage {
    /** Raised with every change of these messages or of what ranks exchange in a step. */
    int VERSION = 2;

    /** Characters of a reason; the rest is left out. */
    int MAX_REASON = 2000;

    /** Epochs count formations: more of them can't have been. */
    long MAX_EPOCH = 1L << 48;

    /**
     * A worker's first message.
     *
     * @param version its {@link #VERSION}
     * @param modelHash of its model
     * @param port where it listens for the other ranks
     * @param newestEpoch of the formations that it has been in, also of an earlier leader: the next one must be newer
     */
    record Hello(
            int version,
            String modelHash,
            String host,
            long process,
            int port,
            String backend,
            int threads,
            long newestEpoch)
            implements ControlMessage {}

    /** The leader will have nothing to do with the worker. */
    record Refused(String reason) implements ControlMessage {}

    /**
     * The worker is to join a group.
     *
     * @param addresses of all ranks; the leader's own is the one that the worker has joined by
     */
    record Form(long epoch, int rank, List<InetSocketAddress> addresses, ModelLimits limits, int maxSequences)
            implements ControlMessage {
        public Form {
            addresses = List.copyOf(addresses);
        }
    }

    default byte[] encode() {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        DataOutputStream out = new DataOutputStream(bytes);
        try {
            switch (this) {
                case Hello hello -> {
                    out.writeByte('H');
                    out.writeInt(hello.version());
                    out.writeUTF(hello.modelHash());
                    out.writeUTF(hello.host());
                    out.writeLong(hello.process());
                    out.writeInt(hello.port());
                    out.writeUTF(hello.backend());
                    out.writeInt(hello.threads());
                    out.writeLong(hello.newestEpoch());
                }
                case Refused refused -> {
                    out.writeByte('R');
                    String reason = refused.reason();
                    out.writeUTF(reason.substring(0, Math.min(reason.length(), MAX_REASON)));
                }
                case Form form -> {
                    out.writeByte('F');
                    out.writeLong(form.epoch());
                    out.writeInt(form.rank());
                    out.writeInt(form.addresses().size());
                    for (InetSocketAddress address : form.addresses()) {
                        out.writeUTF(address.getAddress().getHostAddress());
                        out.writeInt(address.getPort());
                    }
                    ModelLimits limits = form.limits();
                    out.writeInt(limits.maxTokens());
                    out.writeInt(limits.maxOutputs());
                    out.writeInt(limits.maxCandidates());
                    out.writeInt(limits.contextLength());
                    out.writeInt(limits.kvBlocks());
                    out.writeInt(form.maxSequences());
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException("a message can't be written", e);
        }
        return bytes.toByteArray();
    }

    /**
     * Reads a message.
     *
     * @throws ClusterException if it is none
     */
    static ControlMessage decode(byte[] message) {
        DataInputStream in = new DataInputStream(new ByteArrayInputStream(message));
        try {
            int kind = in.readUnsignedByte();
            ControlMessage decoded = switch (kind) {
                case 'H' -> {
                    int version = in.readInt();
                    if (version != VERSION) {
                        // The rest may be of another form.
                        in.skip(message.length);
                        yield new Hello(version, "", "", 0, 0, "", 1, 0);
                    }
                    yield new Hello(
                            version,
                            in.readUTF(),
                            in.readUTF(),
                            in.readLong(),
                            port(in),
                            in.readUTF(),
                            positive(in),
                            epoch(in));
                }
                case 'R' -> new Refused(in.readUTF());
                case 'F' -> form(in);
                default -> throw new ClusterException("message of unknown kind " + kind);
            };
            if (in.available() > 0) {
                throw new ClusterException(in.available() + " bytes too many in a message of " + message.length);
            }
            return decoded;
        } catch (IOException | IllegalArgumentException e) {
            throw new ClusterException("a message of " + message.length + " bytes is damaged: " + e.getMessage(), e);
        }
    }

    private static Form form(DataInputStream in) throws IOException {
        long epoch = epoch(in);
        int rank = in.readInt();
        int count = in.readInt();
        if (count < 1 || count > ClusterOptions.MAX_RANKS || rank < 0 || rank >= count) {
            throw new ClusterException("rank " + rank + " of " + count + " ranks");
        }
        List<InetSocketAddress> addresses = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            // Numbers only: a name would be looked up.
            addresses.add(new InetSocketAddress(InetAddress.ofLiteral(in.readUTF()), port(in)));
        }
        ModelLimits limits = new ModelLimits(positive(in), positive(in), positive(in), positive(in), positive(in));
        return new Form(epoch, rank, addresses, limits, positive(in));
    }

    private static long epoch(DataInputStream in) throws IOException {
        long epoch = in.readLong();
        if (epoch < 0 || epoch > MAX_EPOCH) {
            throw new ClusterException("epoch " + epoch);
        }
        return epoch;
    }

    private static int positive(DataInputStream in) throws IOException {
        int value = in.readInt();
        if (value < 1) {
            throw new ClusterException("found " + value + " in a message, expected at least 1");
        }
        return value;
    }

    private static int port(DataInputStream in) throws IOException {
        int port = in.readInt();
        if (port < 1 || port > 65535) {
            throw new ClusterException("port " + port);
        }
        return port;
    }
}
