/** Kernels for 512-bit vectors by jdk.incubator.vector. */
@SuppressWarnings("module") // The name ends in the digits of the instruction set.
module org.ryzanstein.backend.avx512 {
    requires jdk.incubator.vector;
    requires org.ryzanstein.api;
    requires org.ryzanstein.backend.cpu;
    requires static org.jspecify;

    provides org.ryzanstein.api.kernel.KernelBackendProvider with
            org.ryzanstein.backend.avx512.Avx512BackendProvider;
}
