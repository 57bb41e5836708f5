package org.ryzanstein.backend.avx2;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.ryzanstein.api.kernel.KernelBackend;
import org.ryzanstein.api.kernel.KernelBackendProvider;
import org.ryzanstein.api.kernel.KernelBackends;
import org.ryzanstein.api.kernel.ThreadTeam;
import org.ryzanstein.api.provider.Probe;
import org.ryzanstein.api.provider.ProviderUnavailableException;

class Avx2BackendProviderTest {
    private static final ThreadTeam ALONE = new ThreadTeam() {
        @Override
        public int size() {
            return 1;
        }

        @Override
        public void run(Task task) {
            task.run(0);
        }

        @Override
        public void barrier() {}
    };

    private final KernelBackendProvider provider = new Avx2BackendProvider();

    @Test
    void isFoundAsAServiceAndOpensWhereTheJvmHas256BitVectors() {
        assumeTrue(provider.probe() instanceof Probe.Available, "no 256-bit vectors here");

        KernelBackends.choose(Optional.of("avx2"));
        try (KernelBackend backend = provider.open(ALONE)) {
            assertThat(backend.name()).isEqualTo("avx2");
        }
    }

    @Test
    void refusesWithTheSameReasonWhereTheJvmHasNone() {
        assumeTrue(provider.probe() instanceof Probe.Unavailable, "256-bit vectors are available here");
        String reason = ((Probe.Unavailable) provider.probe()).reason();

        assertThatThrownBy(() -> KernelBackends.choose(Optional.of("avx2")))
                .isInstanceOf(ProviderUnavailableException.class)
                .hasMessageContaining("kernel backend 'avx2' was forced but is not available: " + reason);
        assertThatThrownBy(() -> provider.open(ALONE)).hasMessage("backend avx2: " + reason);
    }
}
