package org.ryzanstein.api.kernel;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Optional;
import java.util.Properties;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.ryzanstein.api.comm.Communicators;
import org.ryzanstein.api.provider.ProviderUnavailableException;

/** No provider is on the path of this module's own tests. */
class KernelBackendsTest {
    private final Properties before = new Properties();

    /** The build may force a backend in the JVMs of all tests. */
    @BeforeEach
    void forgetForcedNames() {
        before.putAll(System.getProperties());
        System.clearProperty(KernelBackends.FORCE_PROPERTY);
        System.clearProperty(Communicators.FORCE_PROPERTY);
    }

    @AfterEach
    void restoreForcedNames() {
        System.setProperties(before);
    }

    @Test
    void saysThatThereIsNone() {
        assertThatThrownBy(() -> KernelBackends.choose(Optional.empty()))
                .isInstanceOf(ProviderUnavailableException.class)
                .hasMessageContaining("no kernel backend is available");
        assertThatThrownBy(() -> Communicators.choose(MemoryKind.HOST, 2, Optional.empty()))
                .isInstanceOf(ProviderUnavailableException.class)
                .hasMessageContaining("no communicator is available");
    }

    @Test
    void takesTheForcedNameFromTheCallerBeforeTheProperty() {
        System.setProperty(KernelBackends.FORCE_PROPERTY, "fromproperty");
        System.setProperty(Communicators.FORCE_PROPERTY, "fromproperty");
        assertThatThrownBy(() -> KernelBackends.choose(Optional.empty())).hasMessageContaining("'fromproperty'");
        assertThatThrownBy(() -> KernelBackends.choose(Optional.of("fromcaller")))
                .hasMessageContaining("'fromcaller'");
        assertThatThrownBy(() -> Communicators.choose(MemoryKind.HOST, 2, Optional.empty()))
                .hasMessageContaining("'fromproperty'");
        assertThatThrownBy(() -> Communicators.choose(MemoryKind.HOST, 2, Optional.of("fromcaller")))
                .hasMessageContaining("'fromcaller'");
    }
}
