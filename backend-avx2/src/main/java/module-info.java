/** Kernels for 256-bit vectors by jdk.incubator.vector. */
@SuppressWarnings("module") // The name ends in the digits of the instruction set.
module org.ryzanstein.backend.avx2 {
    requires jdk.incubator.vector;
    requires org.ryzanstein.api;
    requires org.ryzanstein.backend.cpu;
    requires static org.jspecify;

    provides org.ryzanstein.api.kernel.KernelBackendProvider with
            org.ryzanstein.backend.avx2.Avx2BackendProvider;
}
