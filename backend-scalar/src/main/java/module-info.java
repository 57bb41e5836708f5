/** Reference kernels in plain Java, always available. */
module org.ryzanstein.backend.scalar {
    requires org.ryzanstein.api;
    requires org.ryzanstein.backend.cpu;
    requires static org.jspecify;

    provides org.ryzanstein.api.kernel.KernelBackendProvider with
            org.ryzanstein.backend.scalar.ScalarBackendProvider;
}
