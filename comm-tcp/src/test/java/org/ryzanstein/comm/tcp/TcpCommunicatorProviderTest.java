package org.ryzanstein.comm.tcp;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetSocketAddress;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.ryzanstein.api.comm.Communicators;
import org.ryzanstein.api.comm.Rendezvous;
import org.ryzanstein.api.kernel.MemoryKind;
import org.ryzanstein.api.provider.ProviderUnavailableException;

class TcpCommunicatorProviderTest {
    @Test
    void isFoundAsAServiceAndSaysThatItIsNotBuiltYet() {
        assertThatThrownBy(() -> Communicators.choose(MemoryKind.HOST, 2, Optional.of("tcp")))
                .isInstanceOf(ProviderUnavailableException.class)
                .hasMessageContaining("communicator 'tcp' was forced but is not available: not built yet");
    }

    @Test
    void refusesToOpen() {
        Rendezvous alone =
                new Rendezvous(0, List.of(InetSocketAddress.createUnresolved("localhost", 1)), 0, new byte[1]);
        assertThatThrownBy(() -> new TcpCommunicatorProvider().open(alone)).hasMessageContaining("not built yet");
    }
}
