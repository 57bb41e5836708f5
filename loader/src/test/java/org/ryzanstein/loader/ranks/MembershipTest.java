package org.ryzanstein.loader.ranks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.ryzanstein.api.comm.CommunicationException;
import org.ryzanstein.api.comm.Communicators;
import org.ryzanstein.api.comm.Endpoint;
import org.ryzanstein.api.comm.EndpointConfig;
import org.ryzanstein.api.comm.Link;
import org.ryzanstein.api.kernel.MemoryKind;
import org.ryzanstein.loader.cluster.ClusterException;

@Timeout(60)
class MembershipTest {
    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final Duration NOT_AT_ALL = Duration.ofMillis(1);
    private static final String HASH = "the model";

    private final Endpoint leader = endpoint();
    private final Endpoint worker = endpoint();
    private final Semaphore changes = new Semaphore(0);
    private final Membership membership = new Membership(leader, HASH, changes::release);

    private static Endpoint endpoint() {
        byte[] secret = "a secret for tests only".getBytes(StandardCharsets.US_ASCII);
        return Communicators.choose(MemoryKind.HOST, 2, Optional.empty())
                .provider()
                .bind(EndpointConfig.loopback(secret));
    }

    @AfterEach
    void close() {
        membership.close();
        leader.close();
        worker.close();
    }

    private Link join(ControlMessage.Hello hello) {
        Link link = worker.connect(leader.address(), PATIENCE);
        link.send(hello.encode());
        return link;
    }

    private static ControlMessage.Hello hello(int version, String hash, long process) {
        return new ControlMessage.Hello(version, hash, "here", process, 1, "scalar", 2, 0);
    }

    private static ControlMessage.Hello hello(long process) {
        return hello(ControlMessage.VERSION, HASH, process);
    }

    private void awaitChange() throws InterruptedException {
        assertThat(changes.tryAcquire(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void doesNotMindTheEndOfAProcessOnceAllHaveJoined() throws InterruptedException {
        Link first = join(hello(1));
        assertThat(membership.awaitWorkers(1, PATIENCE)).isTrue();
        membership.processEnded("worker process 1 has ended with exit code 9: after all had joined");
        assertThat(membership.awaitWorkers(1, NOT_AT_ALL)).isTrue();
        first.close();
    }

    @Test
    void namesTheProcessThatHasEndedBeforeAllHaveJoined() throws InterruptedException {
        join(hello(1));
        Thread ending = Thread.ofPlatform().start(() -> {
            changes.acquireUninterruptibly();
            membership.processEnded("worker process 7 has ended with exit code 3: no such model");
        });
        assertThatThrownBy(() -> membership.awaitWorkers(2, PATIENCE))
                .isInstanceOf(ClusterException.class)
                .hasMessage("worker process 7 has ended with exit code 3: no such model; 1 of 2 workers had joined");
        ending.join();
    }

    @Test
    void knowsWhoHasJoinedAndWhoIsGone() throws InterruptedException {
        assertThat(membership.awaitWorkers(0, NOT_AT_ALL)).isTrue();
        assertThat(membership.awaitWorkers(1, NOT_AT_ALL)).isFalse();
        Link first = join(hello(1));
        awaitChange();
        Link second = join(hello(2));
        assertThat(membership.awaitWorkers(2, PATIENCE)).isTrue();
        awaitChange();
        List<Member> both = membership.living();
        assertThat(both).extracting(member -> member.hello().process()).containsExactly(1L, 2L);
        assertThat(both.getFirst().describe()).isEqualTo("process 1 on here (scalar, 2 threads)");
        assertThat(both.getFirst().address().getPort()).isEqualTo(1);
        assertThat(membership.awaitGone(both, NOT_AT_ALL)).isFalse();
        first.close();
        assertThat(membership.awaitGone(both, PATIENCE)).isTrue();
        awaitChange();
        assertThat(membership.living()).containsExactly(both.getLast());
        assertThat(second.isOpen()).isTrue();
    }

    private void assertRefused(ControlMessage.Hello hello, String reason) {
        try (Link link = join(hello)) {
            assertThat(ControlMessage.decode(link.receive(PATIENCE).orElseThrow()))
                    .isInstanceOfSatisfying(
                            ControlMessage.Refused.class,
                            refused -> assertThat(refused.reason()).contains(reason));
        }
        assertThat(membership.living()).isEmpty();
    }

    @Test
    void refusesAnotherModelAndAnotherRelease() {
        assertRefused(hello(ControlMessage.VERSION, "another", 1), "SHA-256 is another, the leader's is the model");
        assertRefused(hello(ControlMessage.VERSION + 1, HASH, 1), "use the same release on both");
        assertThat(changes.availablePermits()).isZero();
    }

    @Test
    void turnsAwayWhoeverDoesNotSayWhatItIs() {
        for (byte[] bytes : List.of(
                new byte[] {1, 2, 3}, new byte[0], new ControlMessage.Refused("no worker says that").encode())) {
            try (Link link = worker.connect(leader.address(), PATIENCE)) {
                link.send(bytes);
                assertThatThrownBy(() -> link.receive(PATIENCE)).isInstanceOf(CommunicationException.class);
            }
        }
        assertThat(membership.living()).isEmpty();
    }

    @Test
    void letsAWorkerThatHasFailedWaitLongerEachTime() throws InterruptedException {
        long waited = 0;
        for (int failure = 0; failure < 3; failure++) {
            long begun = System.nanoTime();
            try (Link link = join(hello(7))) {
                awaitChange();
                long now = System.nanoTime() - begun;
                // 1 s, then 2 s: lower bounds only.
                assertThat(now).isGreaterThanOrEqualTo(failure == 0 ? 0 : (900_000_000L << (failure - 1)));
                waited += now;
                membership.drop(membership.living().getFirst());
                awaitChange();
                assertThatThrownBy(() -> link.receive(PATIENCE)).isInstanceOf(CommunicationException.class);
            }
        }
        assertThat(waited).isPositive();
        try (Link other = join(hello(8))) {
            awaitChange();
            assertThat(membership.living()).hasSize(1);
            assertThat(other.isOpen()).isTrue();
        }
    }

    @Test
    void takesNobodyInWhenItIsClosed() throws InterruptedException {
        try (Link link = join(hello(1))) {
            awaitChange();
            membership.close();
            assertThatThrownBy(() -> link.receive(PATIENCE)).isInstanceOf(CommunicationException.class);
        }
        try (Link late = join(hello(2))) {
            assertThatThrownBy(() -> late.receive(PATIENCE)).isInstanceOf(CommunicationException.class);
        }
    }
}
