package org.ryzanstein.comm.tcp;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** Strangers that knock at the ports of real ranks at work, in large numbers: collectives go on, groups form, nothing leaks. */
@EnabledOnOs(value = OS.LINUX, disabledReason = "counts open files in /proc")
@Timeout(value = 5, unit = TimeUnit.MINUTES)
class HostileProcessTest {
    private static final Hello HELLO = new Hello(Hello.Purpose.CONTROL, 1, 2, 1, 0);

    /** Much less than one byte for each of thousands of connections of hundreds of bytes. */
    private static final long FLAT_BYTES = 1_500_000;

    private final List<RankProcess> ranks = new ArrayList<>();
    private final List<Socket> idle = new ArrayList<>();
    private final Random random = new Random(3);

    @AfterEach
    void close() throws IOException {
        for (Socket socket : idle) {
            socket.close();
        }
        ranks.forEach(RankProcess::close);
    }

    /** What a rank uses. */
    private record Resources(long heapBytes, int files, int threads, long refused) {
        private static Resources of(RankProcess rank) {
            String[] words = rank.ask("resources").split(" ");
            return new Resources(
                    Long.parseLong(words[1]),
                    Integer.parseInt(words[2]),
                    Integer.parseInt(words[3]),
                    Long.parseLong(words[4]));
        }
    }

    @Test
    void strangersDisturbNothing() {
        attack(150);
    }

    /** Prints what a rank used before and after. */
    @Test
    @Tag("long")
    void thousandsOfStrangersDisturbNothing() {
        System.out.println(attack(5000));
    }

    private String attack(int each) {
        for (int i = 0; i < 3; i++) {
            ranks.add(RankProcess.start("-XX:+UseSerialGC", "-Xmx64m"));
        }
        List<RankProcess> group = ranks.subList(0, 2);
        RankProcess.join(group, 1, 1);
        knock(20);
        String before = settled(0);
        Resources first = Resources.of(ranks.getFirst());
        long count = knock(each);
        String after = settled(first.files());
        Resources last = Resources.of(ranks.getFirst());
        assertThat(last.refused() - first.refused()).isBetween(count * 9 / 10, count);
        assertThat(last.heapBytes() - first.heapBytes()).isLessThan(FLAT_BYTES);
        assertThat(last.threads() - first.threads()).isLessThan(8);
        crowd();
        assertThat(RankProcess.join(ranks, 2, 1)).allMatch(answer -> answer.startsWith("ok tcp"));
        ranks.forEach(rank -> rank.order("reduce 100001 60000"));
        ranks.forEach(rank -> assertThat(rank.answer()).isEqualTo("ok sum"));
        return count + " connections\nbefore " + before + "\nafter  " + after;
    }

    /** Waits until no more files are open than there were; any number at first, 0. */
    private String settled(int files) {
        Resources now = Resources.of(ranks.getFirst());
        while ((files != 0 && now.files() > files)
                || (files == 0 && now.files() != Resources.of(ranks.getFirst()).files())) {
            now = Resources.of(ranks.getFirst());
        }
        return now.toString();
    }

    /** More connections than are let in at once, which say nothing. */
    private void crowd() {
        InetSocketAddress address = ranks.getFirst().address();
        try {
            for (int i = 0; i < TcpEndpoint.MAX_STRANGERS + 10; i++) {
                idle.add(new Socket(address.getAddress(), address.getPort()));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Knocks in all ways while the ranks reduce. Returns how often. */
    private long knock(int each) {
        List<RankProcess> group = ranks.subList(0, 2);
        group.forEach(rank -> rank.order("loop 20000 " + 20 * each));
        List<byte[]> openings = openings();
        long count = 0;
        for (int i = 0; i < each; i++) {
            for (byte[] opening : openings) {
                say(opening);
                count++;
            }
            proveWrongly();
            count++;
        }
        group.forEach(rank -> assertThat(rank.answer()).isEqualTo("ok sum"));
        return count;
    }

    private List<byte[]> openings() {
        byte[] random300 = new byte[300];
        random.nextBytes(random300);
        ByteBuffer oversized = ByteBuffer.allocate(64).order(ByteOrder.LITTLE_ENDIAN);
        oversized.putInt(Frame.MAGIC).putInt(Integer.MAX_VALUE);
        return List.of(
                new byte[0],
                "GET / HTTP/1.1\r\nHost: x\r\n\r\n".getBytes(StandardCharsets.US_ASCII),
                random300,
                oversized.array(),
                recorded(),
                new byte[] {0x52, 0x59});
    }

    /** What a rank that knew the secret has sent in an earlier handshake. */
    private byte[] recorded() {
        byte[] hello = HELLO.encode(new byte[Handshake.NONCE_BYTES]);
        byte[] proof = Handshake.mac(TcpRanks.SECRET, "opener", hello, new byte[4 + Handshake.NONCE_BYTES]);
        return ByteBuffer.allocate(hello.length + proof.length)
                .put(hello)
                .put(proof)
                .array();
    }

    private SocketChannel connect() throws IOException {
        SocketChannel socket = SocketChannel.open(ranks.getFirst().address());
        // So that thousands of connections leave no ports in TIME_WAIT.
        socket.setOption(StandardSocketOptions.SO_LINGER, 0);
        return socket;
    }

    private void say(byte[] bytes) {
        try (SocketChannel socket = connect()) {
            socket.write(ByteBuffer.wrap(bytes));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A whole handshake with another secret. */
    private void proveWrongly() {
        try (SocketChannel socket = connect()) {
            byte[] hello = HELLO.encode(new byte[Handshake.NONCE_BYTES]);
            Wire wire = new Wire(new PlainConnection(socket), System.nanoTime() + 20_000_000_000L);
            wire.write(hello);
            byte[] challenge = wire.read(4 + Handshake.NONCE_BYTES);
            wire.write(Handshake.mac(new byte[32], "opener", hello, challenge));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
