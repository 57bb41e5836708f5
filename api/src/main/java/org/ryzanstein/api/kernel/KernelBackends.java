package org.ryzanstein.api.kernel;

import java.util.Optional;
import java.util.ServiceLoader;
import org.ryzanstein.api.provider.ProviderReport;
import org.ryzanstein.api.provider.ProviderUnavailableException;
import org.ryzanstein.api.provider.Selection;

/** Finds the kernel backends on the module path (or class path) and chooses one. */
public final class KernelBackends {
    /** The version of the kernel SPI that this api defines. */
    public static final int SPI_VERSION = 1;

    /** System property that forces a backend by name. */
    public static final String FORCE_PROPERTY = "ryzanstein.backend";

    private KernelBackends() {}

    /**
     * Chooses a backend.
     *
     * @param forced the name that the user insists on, if any; the property {@value #FORCE_PROPERTY} counts otherwise
     * @throws ProviderUnavailableException if the forced one, or every one, is unavailable
     */
    public static Selection<KernelBackendProvider> choose(Optional<String> forced) {
        return Selection.choose(
                ProviderReport.Kind.KERNEL,
                ServiceLoader.load(KernelBackendProvider.class).stream().iterator(),
                SPI_VERSION,
                KernelBackendProvider::probe,
                forced.or(() -> Optional.ofNullable(System.getProperty(FORCE_PROPERTY))));
    }
}
