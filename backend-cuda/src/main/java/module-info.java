/** Kernels for NVIDIA GPUs through the CUDA driver API. */
module org.ryzanstein.backend.cuda {
    requires org.ryzanstein.api;
    requires static org.jspecify;

    provides org.ryzanstein.api.kernel.KernelBackendProvider with
            org.ryzanstein.backend.cuda.CudaBackendProvider;
}
