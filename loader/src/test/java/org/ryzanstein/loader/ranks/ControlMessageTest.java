package org.ryzanstein.loader.ranks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.ryzanstein.loader.cluster.ClusterException;
import org.ryzanstein.loader.model.ModelLimits;

class ControlMessageTest {
    private static final int MUTANTS = 2000;

    static List<ControlMessage> messages() {
        return List.of(
                new ControlMessage.Hello(ControlMessage.VERSION, "abc", "host-\u00e9", 42, 7420, "avx2", 3, 17),
                new ControlMessage.Refused("its model's SHA-256 is another"),
                new ControlMessage.Form(
                        9,
                        1,
                        List.of(address("127.0.0.1", 7420), address("10.1.2.3", 1), address("::1", 65535)),
                        new ModelLimits(16, 4, 8, 256, 12),
                        4));
    }

    private static InetSocketAddress address(String literal, int port) {
        return new InetSocketAddress(InetAddress.ofLiteral(literal), port);
    }

    private static ControlMessage.Hello hello(int port, int threads, long epoch) {
        return new ControlMessage.Hello(ControlMessage.VERSION, "", "", 1, port, "", threads, epoch);
    }

    @ParameterizedTest
    @MethodSource("messages")
    void comesBackAsItWasSent(ControlMessage message) {
        assertThat(ControlMessage.decode(message.encode())).isEqualTo(message);
    }

    @ParameterizedTest
    @MethodSource("messages")
    void refusesWhatWasCutShortOrHasBytesTooMany(ControlMessage message) {
        byte[] whole = message.encode();
        for (int length = 0; length < whole.length; length++) {
            byte[] part = Arrays.copyOf(whole, length);
            assertThatThrownBy(() -> ControlMessage.decode(part)).isInstanceOf(ClusterException.class);
        }
        assertThatThrownBy(() -> ControlMessage.decode(Arrays.copyOf(whole, whole.length + 1)))
                .isInstanceOf(ClusterException.class)
                .hasMessageContaining("1 bytes too many");
    }

    @ParameterizedTest
    @MethodSource("messages")
    void refusesDamagedMessagesWithOneKindOfExceptionOnly(ControlMessage message) {
        Random random = new Random(message.hashCode());
        int refused = 0;
        for (int i = 0; i < MUTANTS; i++) {
            byte[] mutant = message.encode();
            for (int hits = 1 + random.nextInt(3); hits > 0; hits--) {
                mutant[random.nextInt(mutant.length)] = (byte) random.nextInt();
            }
            refused += isRefused(mutant) ? 1 : 0;
        }
        assertThat(refused).isPositive();
    }

    @Test
    void refusesRandomBytesWithOneKindOfExceptionOnly() {
        Random random = new Random(1);
        byte[] kinds = {'H', 'R', 'F'};
        int refused = 0;
        for (int i = 0; i < MUTANTS; i++) {
            byte[] bytes = new byte[1 + random.nextInt(200)];
            random.nextBytes(bytes);
            bytes[0] = kinds[i % kinds.length];
            refused += isRefused(bytes) ? 1 : 0;
        }
        assertThat(refused).isGreaterThan(MUTANTS / 2);
    }

    /** Anything but a message or a {@link ClusterException} fails the test. */
    private static boolean isRefused(byte[] bytes) {
        try {
            assertThat(ControlMessage.decode(bytes)).isNotNull();
            return false;
        } catch (ClusterException e) {
            return true;
        }
    }

    @Test
    void readsNoMoreOfAnotherVersionThanItsNumber() {
        byte[] bytes = hello(1, 1, 0).encode();
        bytes[4] = 99;
        assertThat(ControlMessage.decode(bytes))
                .isInstanceOfSatisfying(
                        ControlMessage.Hello.class,
                        hello -> assertThat(hello.version()).isEqualTo(99));
    }

    @Test
    void namesWhatCannotBe() {
        assertRefused(hello(0, 1, 0), "port 0");
        assertRefused(hello(65536, 1, 0), "port 65536");
        assertRefused(hello(1, 0, 0), "found 0 in a message");
        assertRefused(hello(1, 1, -1), "epoch -1");
        assertRefused(hello(1, 1, Long.MAX_VALUE), "epoch");
        ModelLimits limits = new ModelLimits(1, 1, 1, 1, 1);
        List<InetSocketAddress> one = List.of(address("127.0.0.1", 1));
        assertRefused(new ControlMessage.Form(1, 1, one, limits, 1), "rank 1 of 1");
        assertRefused(new ControlMessage.Form(1, -1, one, limits, 1), "rank -1 of 1");
        assertRefused(new ControlMessage.Form(1, 0, one, new ModelLimits(1, 1, 1, 1, 0), 1), "found 0");
        assertRefused(new ControlMessage.Form(1, 0, one, limits, -3), "found -3");
        assertThatThrownBy(() -> ControlMessage.decode(new byte[] {'X'}))
                .isInstanceOf(ClusterException.class)
                .hasMessageContaining("unknown kind 88");
    }

    private static void assertRefused(ControlMessage message, String reason) {
        assertThatThrownBy(() -> ControlMessage.decode(message.encode()))
                .isInstanceOf(ClusterException.class)
                .hasMessageContaining(reason);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 2000, 100_000})
    void cutsAReasonThatIsTooLong(int length) {
        ControlMessage.Refused refused =
                (ControlMessage.Refused) ControlMessage.decode(new ControlMessage.Refused("r".repeat(length)).encode());
        assertThat(refused.reason()).isEqualTo("r".repeat(Math.min(length, ControlMessage.MAX_REASON)));
    }
}
