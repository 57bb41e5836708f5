package org.ryzanstein.comm.nccl;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.ryzanstein.api.comm.Communicators;
import org.ryzanstein.api.comm.EndpointConfig;
import org.ryzanstein.api.kernel.MemoryKind;
import org.ryzanstein.api.provider.ProviderUnavailableException;

class NcclCommunicatorProviderTest {
    @Test
    void isFoundAsAServiceAndSaysThatItIsNotBuiltYet() {
        assertThatThrownBy(() -> Communicators.choose(MemoryKind.HOST, 2, Optional.of("nccl")))
                .isInstanceOf(ProviderUnavailableException.class)
                .hasMessageContaining("communicator 'nccl' was forced but is not available: not built yet");
    }

    @Test
    void refusesToBind() {
        EndpointConfig config = EndpointConfig.loopback(new byte[16]);
        assertThatThrownBy(() -> new NcclCommunicatorProvider().bind(config)).hasMessageContaining("not built yet");
    }
}
