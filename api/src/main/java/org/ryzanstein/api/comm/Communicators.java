package org.ryzanstein.api.comm;

import java.util.Optional;
import java.util.ServiceLoader;
import org.ryzanstein.api.kernel.MemoryKind;
import org.ryzanstein.api.provider.ProviderReport;
import org.ryzanstein.api.provider.ProviderUnavailableException;
import org.ryzanstein.api.provider.Selection;

/** Finds the communicators on the module path (or class path) and chooses one. */
public final class Communicators {
    /** The version of the communication SPI that this api defines. */
    public static final int SPI_VERSION = 1;

    /** System property that forces a communicator by name. */
    public static final String FORCE_PROPERTY = "ryzanstein.communicator";

    private Communicators() {}

    /**
     * Chooses a communicator.
     *
     * @param forced the name that the user insists on, if any; the property {@value #FORCE_PROPERTY} counts otherwise
     * @throws ProviderUnavailableException if the forced one, or every one, is unavailable
     */
    public static Selection<CommunicatorProvider> choose(
            MemoryKind memoryKind, int worldSize, Optional<String> forced) {
        return Selection.choose(
                ProviderReport.Kind.COMMUNICATOR,
                ServiceLoader.load(CommunicatorProvider.class).stream().iterator(),
                SPI_VERSION,
                provider -> provider.probe(memoryKind, worldSize),
                forced.or(() -> Optional.ofNullable(System.getProperty(FORCE_PROPERTY))));
    }
}
