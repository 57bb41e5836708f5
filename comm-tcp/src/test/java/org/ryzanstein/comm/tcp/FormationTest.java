package org.ryzanstein.comm.tcp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Future;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.ryzanstein.api.comm.CommunicationException;
import org.ryzanstein.api.comm.CommunicationException.Kind;
import org.ryzanstein.api.comm.Communicator;
import org.ryzanstein.api.comm.EndpointConfig;
import org.ryzanstein.api.comm.HostQueue;
import org.ryzanstein.api.comm.Operation;
import org.ryzanstein.api.comm.Rendezvous;

@Timeout(60)
class FormationTest {
    private static CommunicationException refusal(Future<Communicator> joined) {
        assertThat(TcpRanks.failure(joined)).isInstanceOf(CommunicationException.class);
        CommunicationException failure = (CommunicationException) TcpRanks.failure(joined);
        assertThat(failure.kind()).isEqualTo(Kind.REFUSED);
        return failure;
    }

    @Test
    void anotherModelIsRefusedOnBothSidesWithBothValues() {
        try (TcpEndpoint a = TcpRanks.endpoint();
                TcpEndpoint b = TcpRanks.endpoint()) {
            List<Future<Communicator>> joined = TcpRanks.join(
                    List.of(a, b),
                    1,
                    one -> one.withTerms(Map.of("model", one.rank() == 0 ? "cafe" : "beef", "plan", "gather")));
            assertThat(refusal(joined.get(0)))
                    .hasMessageContaining("model: rank 0 has cafe, rank 1 has beef")
                    .extracting(CommunicationException::rank)
                    .isEqualTo(1);
            assertThat(refusal(joined.get(1)))
                    .hasMessageContaining("model: rank 1 has beef, rank 0 has cafe")
                    .extracting(CommunicationException::rank)
                    .isEqualTo(0);
        }
    }

    @Test
    void allRanksHearThatOneDoesNotFit() {
        try (TcpEndpoint a = TcpRanks.endpoint();
                TcpEndpoint b = TcpRanks.endpoint();
                TcpEndpoint c = TcpRanks.endpoint()) {
            List<Future<Communicator>> joined = TcpRanks.join(
                    List.of(a, b, c), 1, one -> one.withTerms(Map.of("plan", one.rank() == 2 ? "two" : "four")));
            for (Future<Communicator> one : joined) {
                assertThat(refusal(one)).hasMessageContaining("plan: ");
            }
        }
    }

    @Test
    void anotherWorldSizeIsRefused() {
        try (TcpEndpoint a = TcpRanks.endpoint();
                TcpEndpoint b = TcpRanks.endpoint()) {
            List<Future<Communicator>> joined = TcpRanks.join(
                    List.of(a, b),
                    1,
                    one -> one.rank() == 0
                            ? one
                            : new Rendezvous(1, List.of(a.address(), b.address(), b.address()), 1));
            assertThat(refusal(joined.get(0))).hasMessageContaining("world size: rank 0 has 2, rank 1 has 3");
            assertThat(refusal(joined.get(1))).hasMessageContaining("world size: rank 1 has 3, rank 0 has 2");
        }
    }

    @Test
    void anotherSecretIsRefused() {
        EndpointConfig config =
                EndpointConfig.loopback("another secret, of other bytes..".getBytes(StandardCharsets.US_ASCII));
        try (TcpEndpoint a = TcpRanks.endpoint();
                TcpEndpoint b = TcpEndpoint.bind(config)) {
            List<Future<Communicator>> joined =
                    TcpRanks.join(List.of(a, b), 1, one -> one.withDeadline(Duration.ofMillis(500)));
            assertThat(refusal(joined.get(1))).hasMessageContaining("the secrets differ");
            assertThat(refusal(joined.get(0))).hasMessageContaining("rank 1").hasMessageContaining("is missing");
            assertThat(a.refused()).isPositive();
        }
    }

    @Test
    void ranksThatDoNotComeAreNamed() {
        try (TcpEndpoint a = TcpRanks.endpoint();
                TcpEndpoint b = TcpRanks.endpoint();
                TcpEndpoint c = TcpRanks.endpoint()) {
            Rendezvous alone =
                    TcpRanks.rendezvous(List.of(a, b, c), 1).getFirst().withDeadline(Duration.ofMillis(100));
            assertThatThrownBy(() -> a.join(alone))
                    .isInstanceOf(CommunicationException.class)
                    .hasMessageContaining("rank 1 at ")
                    .hasMessageContaining("rank 2 at ")
                    .hasMessageContaining("100 ms to join epoch 1");
        }
    }

    @Test
    void aRankWhoseAddressNobodyListensAtIsNamedWithTheCause() {
        TcpEndpoint gone = TcpRanks.endpoint();
        gone.close();
        try (TcpEndpoint b = TcpRanks.endpoint()) {
            Rendezvous second = TcpRanks.rendezvous(List.of(gone, b), 1).get(1).withDeadline(Duration.ofMillis(100));
            assertThatThrownBy(() -> b.join(second))
                    .isInstanceOf(CommunicationException.class)
                    .hasMessageContaining("rank 0 at ")
                    .hasMessageContaining(Integer.toString(gone.address().getPort()));
        }
    }

    @Test
    void anEndpointJoinsOneEpochAfterTheOther() {
        try (TcpEndpoint a = TcpRanks.endpoint();
                TcpEndpoint b = TcpRanks.endpoint();
                TcpEndpoint c = TcpRanks.endpoint()) {
            List<Communicator> first = TcpRanks.join(List.of(a, b, c), 1, UnaryOperator.identity()).stream()
                    .map(TcpRanks::value)
                    .toList();
            TcpRanks.crash(first.get(1));
            List<Communicator> second = TcpRanks.join(List.of(c, a), 2, UnaryOperator.identity()).stream()
                    .map(TcpRanks::value)
                    .toList();
            assertThat(second).extracting(Communicator::epoch).containsExactly(2L, 2L);
            assertThat(second).extracting(Communicator::worldSize).containsExactly(2, 2);
            first.forEach(Communicator::close);
            second.forEach(Communicator::close);
        }
    }

    @Test
    void anEpochThatHasPassedIsRefused() {
        try (TcpEndpoint a = TcpRanks.endpoint();
                TcpEndpoint b = TcpRanks.endpoint()) {
            TcpRanks.join(List.of(a, b), 5, UnaryOperator.identity()).stream()
                    .map(TcpRanks::value)
                    .forEach(Communicator::close);
            Rendezvous old = TcpRanks.rendezvous(List.of(a, b), 5).getFirst();
            assertThatThrownBy(() -> a.join(old))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("epoch 5 has passed, the newest is 5");
            try (TcpEndpoint late = TcpRanks.endpoint()) {
                Rendezvous second = TcpRanks.rendezvous(List.of(a, late), 4).get(1);
                assertThatThrownBy(() -> late.join(second))
                        .isInstanceOf(CommunicationException.class)
                        .hasMessageContaining("refused by the other side: epoch 4 has passed, the newest is 5");
            }
        }
    }

    /** Rank 1 opens one for control, and then one for data. */
    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void aConnectionThatIsLostIsOpenedAgain(int number) {
        try (TcpEndpoint a = TcpRanks.endpoint();
                TcpEndpoint b = TcpRanks.endpoint();
                Relay relay = Relay.losing(a.address(), number)) {
            List<Communicator> ranks = TcpRanks.join(List.of(a, b), 1, one -> withFirst(one, relay.address())).stream()
                    .map(TcpRanks::value)
                    .toList();
            assertThat(ranks).extracting(Communicator::worldSize).containsExactly(2, 2);
            ranks.forEach(Communicator::close);
        }
    }

    private static Rendezvous withFirst(Rendezvous one, InetSocketAddress first) {
        List<InetSocketAddress> addresses = new ArrayList<>(one.addresses());
        addresses.set(0, first);
        return one.rank() == 0 ? one : new Rendezvous(one.rank(), addresses, one.epoch()).withDeadline(one.deadline());
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void aRankThatIsReachedByNameSharesMemoryToo() throws UnknownHostException {
        InetAddress named = InetAddress.getByAddress(
                "a-name", InetAddress.getLoopbackAddress().getAddress());
        try (TcpEndpoint a = TcpRanks.endpoint();
                TcpEndpoint b = TcpRanks.endpoint()) {
            InetSocketAddress first = new InetSocketAddress(named, a.address().getPort());
            List<Communicator> ranks = TcpRanks.join(List.of(a, b), 1, one -> withFirst(one, first)).stream()
                    .map(TcpRanks::value)
                    .toList();
            assertThat(ranks).allMatch(one -> one.describe().contains("shared memory"));
            ranks.forEach(Communicator::close);
        }
    }

    @Test
    void aRankThatFailsWhenTheGroupIsThereLeavesIt() {
        System.setProperty(Tuning.PACKED_PROPERTY, "many");
        try (TcpEndpoint a = TcpRanks.endpoint();
                TcpEndpoint b = TcpRanks.endpoint()) {
            for (Future<Communicator> one : TcpRanks.join(List.of(a, b), 1, UnaryOperator.identity())) {
                assertThat(TcpRanks.failure(one)).hasMessageContaining(Tuning.PACKED_PROPERTY);
            }
            while (Thread.getAllStackTraces().keySet().stream()
                    .anyMatch(thread -> thread.getName().startsWith("ryzanstein-pulse-"))) {
                Thread.onSpinWait();
            }
        } finally {
            System.clearProperty(Tuning.PACKED_PROPERTY);
        }
    }

    @Test
    void aLoopOverIsDoneEndsAtTheDeadline() {
        List<Communicator> ranks = TcpRanks.open(2);
        ranks.getFirst().setDeadline(Duration.ofMillis(100));
        Operation barrier = ranks.getFirst().barrier(HostQueue.INSTANCE);
        while (!barrier.isDone()) {
            Thread.onSpinWait();
        }
        assertThatThrownBy(barrier::await)
                .isInstanceOfSatisfying(
                        CommunicationException.class,
                        failure -> assertThat(failure.kind()).isEqualTo(Kind.DEADLINE));
        ranks.forEach(Communicator::close);
    }

    @Test
    void aGroupOfOneNeedsNobody() {
        try (TcpEndpoint a = TcpRanks.endpoint()) {
            Communicator alone = a.join(TcpRanks.rendezvous(List.of(a), 1).getFirst());
            alone.barrier();
            assertThat(alone.describe()).isEqualTo("tcp, rank 0 of 1, epoch 1");
            alone.close();
            assertThatThrownBy(alone::barrier).isInstanceOf(IllegalStateException.class);
        }
    }

    @Test
    void speedAndWaitingAreReported() {
        List<Communicator> ranks = TcpRanks.open(2);
        assertThat(ranks.get(0).linkSpeed()).isEqualTo(ranks.get(1).linkSpeed());
        assertThat(ranks.get(0).linkSpeed().latencyNanos()).isPositive();
        assertThat(ranks.get(0).describe()).contains("GB/s").contains("2 threads on");
        ranks.forEach(Communicator::close);
    }

    @Test
    void hugeTermsAreRefusedBeforeAnybodyIsTold() {
        try (TcpEndpoint a = TcpRanks.endpoint()) {
            Rendezvous huge = TcpRanks.rendezvous(List.of(a), 1)
                    .getFirst()
                    .withTerms(Map.of("plan", "x".repeat(JoinMessage.MAX_BYTES)));
            assertThatThrownBy(() -> a.join(huge)).hasMessageContaining("terms of more than 65536 bytes");
        }
    }
}
