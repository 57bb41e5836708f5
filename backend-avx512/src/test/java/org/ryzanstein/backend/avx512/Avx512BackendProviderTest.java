package org.ryzanstein.backend.avx512;

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

class Avx512BackendProviderTest {
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

    private final KernelBackendProvider provider = new Avx512BackendProvider();

    @Test
    void isFoundAsAServiceAndOpensWhereTheJvmHas512BitVectors() {
        assumeTrue(provider.probe() instanceof Probe.Available, "no 512-bit vectors here");

        KernelBackends.choose(Optional.of("avx512"));
        try (KernelBackend backend = provider.open(ALONE)) {
            assertThat(backend.name()).isEqualTo("avx512");
        }
    }

    @Test
    void refusesWithTheSameReasonWhereTheJvmHasNone() {
        assumeTrue(provider.probe() instanceof Probe.Unavailable, "512-bit vectors are available here");
        String reason = ((Probe.Unavailable) provider.probe()).reason();

        assertThatThrownBy(() -> KernelBackends.choose(Optional.of("avx512")))
                .isInstanceOf(ProviderUnavailableException.class)
                .hasMessageContaining("kernel backend 'avx512' was forced but is not available: " + reason);
        assertThatThrownBy(() -> provider.open(ALONE)).hasMessage("backend avx512: " + reason);
    }
}
