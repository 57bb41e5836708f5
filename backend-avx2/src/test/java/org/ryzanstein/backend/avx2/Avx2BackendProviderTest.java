package org.ryzanstein.backend.avx2;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.ryzanstein.api.kernel.KernelBackends;
import org.ryzanstein.api.kernel.ThreadTeam;
import org.ryzanstein.api.provider.ProviderUnavailableException;

class Avx2BackendProviderTest {
    @Test
    void isFoundAsAServiceAndSaysThatItIsNotBuiltYet() {
        assertThatThrownBy(() -> KernelBackends.choose(Optional.of("avx2")))
                .isInstanceOf(ProviderUnavailableException.class)
                .hasMessageContaining("kernel backend 'avx2' was forced but is not available: not built yet");
    }

    @Test
    void refusesToOpen() {
        ThreadTeam team = new ThreadTeam() {
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
        assertThatThrownBy(() -> new Avx2BackendProvider().open(team)).hasMessageContaining("not built yet");
    }
}
