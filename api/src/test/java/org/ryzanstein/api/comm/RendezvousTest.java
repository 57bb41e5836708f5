package org.ryzanstein.api.comm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class RendezvousTest {
    private static final List<InetSocketAddress> TWO =
            List.of(InetSocketAddress.createUnresolved("a", 1), InetSocketAddress.createUnresolved("b", 2));

    @Test
    void keepsWhatItWasGiven() {
        Rendezvous rendezvous = new Rendezvous(1, TWO, 7)
                .withTerms(Map.of("model", "cafe"))
                .withTerms(Map.of("plan", "gather"))
                .withThreads(3)
                .withDeadline(Duration.ofSeconds(5));
        assertThat(rendezvous.worldSize()).isEqualTo(2);
        assertThat(rendezvous.rank()).isEqualTo(1);
        assertThat(rendezvous.epoch()).isEqualTo(7);
        assertThat(rendezvous.terms()).containsExactly(Map.entry("model", "cafe"), Map.entry("plan", "gather"));
        assertThat(rendezvous.threads()).isEqualTo(3);
        assertThat(rendezvous.deadline()).isEqualTo(Duration.ofSeconds(5));
    }

    @Test
    void refusesWhatCanNotBe() {
        assertThatThrownBy(() -> new Rendezvous(2, TWO, 0)).hasMessageContaining("rank 2 of 2");
        assertThatThrownBy(() -> new Rendezvous(-1, TWO, 0)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new Rendezvous(0, TWO, -1)).hasMessageContaining("epoch -1");
        Rendezvous fine = new Rendezvous(0, TWO, 0, new TreeMap<>(), 1, Duration.ofSeconds(1));
        assertThatThrownBy(() -> fine.withThreads(0)).hasMessageContaining("0 threads");
        assertThatThrownBy(() -> fine.withDeadline(Duration.ZERO)).hasMessageContaining("deadline");
    }

    @Test
    void failuresNameTheRankAndTheKind() {
        CommunicationException failure =
                new CommunicationException(CommunicationException.Kind.RANK_DEAD, 3, "rank 3 is gone");
        assertThat(failure.rank()).isEqualTo(3);
        assertThat(failure.kind()).isEqualTo(CommunicationException.Kind.RANK_DEAD);
        assertThat(failure).hasMessage("rank 3 is gone").hasNoCause();
        IllegalStateException cause = new IllegalStateException("socket");
        assertThat(new CommunicationException(
                        CommunicationException.Kind.DEADLINE, CommunicationException.NO_RANK, "deadline", cause))
                .hasCause(cause)
                .extracting(CommunicationException::rank)
                .isEqualTo(-1);
    }
}
