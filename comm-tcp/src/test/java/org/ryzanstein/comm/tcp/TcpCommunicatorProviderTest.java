package org.ryzanstein.comm.tcp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.UncheckedIOException;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.ryzanstein.api.comm.Communicators;
import org.ryzanstein.api.comm.Endpoint;
import org.ryzanstein.api.comm.EndpointConfig;
import org.ryzanstein.api.kernel.MemoryKind;
import org.ryzanstein.api.provider.ProviderUnavailableException;

class TcpCommunicatorProviderTest {
    @Test
    void isFoundAsAServiceForHostMemory() {
        assertThat(Communicators.choose(MemoryKind.HOST, 2, Optional.empty())
                        .report()
                        .chosen())
                .contains("tcp");
    }

    @Test
    void refusesDeviceMemory() {
        assertThatThrownBy(() -> Communicators.choose(MemoryKind.DEVICE, 2, Optional.of("tcp")))
                .isInstanceOf(ProviderUnavailableException.class)
                .hasMessageContaining("moves host memory only");
    }

    @Test
    void anAddressInUseIsAnErrorThatNamesIt() {
        EndpointConfig config = EndpointConfig.loopback(TcpRanks.SECRET);
        try (Endpoint first = new TcpCommunicatorProvider().bind(config)) {
            assertThatThrownBy(() -> TcpEndpoint.bind(EndpointConfig.at(first.address(), TcpRanks.SECRET)))
                    .isInstanceOf(UncheckedIOException.class)
                    .hasMessageContaining("can't listen on")
                    .hasMessageContaining(Integer.toString(first.address().getPort()));
        }
    }
}
