package org.ryzanstein.api.comm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetSocketAddress;
import java.util.List;
import org.junit.jupiter.api.Test;

class RendezvousTest {
    private static final List<InetSocketAddress> TWO =
            List.of(InetSocketAddress.createUnresolved("a", 1), InetSocketAddress.createUnresolved("b", 2));

    @Test
    void keepsItsOwnCopyOfTheSecret() {
        byte[] secret = {1, 2, 3};
        Rendezvous rendezvous = new Rendezvous(1, TWO, 7, secret);
        secret[0] = 9;
        rendezvous.secret()[1] = 9;
        assertThat(rendezvous.secret()).containsExactly(1, 2, 3);
        assertThat(rendezvous.worldSize()).isEqualTo(2);
        assertThat(rendezvous.epoch()).isEqualTo(7);
    }

    @Test
    void refusesRanksOutsideTheGroup() {
        assertThatThrownBy(() -> new Rendezvous(2, TWO, 0, new byte[0])).hasMessageContaining("rank 2 of 2");
        assertThatThrownBy(() -> new Rendezvous(-1, TWO, 0, new byte[0])).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void failuresNameTheRank() {
        CommunicationException failure = new CommunicationException(3, "rank 3 is gone");
        assertThat(failure.rank()).isEqualTo(3);
        assertThat(failure).hasMessage("rank 3 is gone").hasNoCause();
        IllegalStateException cause = new IllegalStateException("socket");
        assertThat(new CommunicationException(CommunicationException.NO_RANK, "deadline", cause))
                .hasCause(cause)
                .extracting(CommunicationException::rank)
                .isEqualTo(-1);
    }
}
