package org.ryzanstein.backend.avx512;

import java.util.List;
import jdk.incubator.vector.VectorShape;
import org.ryzanstein.api.kernel.KernelBackend;
import org.ryzanstein.api.kernel.KernelBackendProvider;
import org.ryzanstein.api.kernel.ThreadTeam;
import org.ryzanstein.api.provider.Probe;
import org.ryzanstein.backend.cpu.CpuBackend;
import org.ryzanstein.backend.cpu.VectorJvm;
import org.ryzanstein.backend.cpu.VectorRequirements;

/** The backend for CPUs and JVMs with 512-bit vectors. */
public final class Avx512BackendProvider implements KernelBackendProvider {
    private static final int SPI_VERSION = 1;
    private static final VectorRequirements NEEDS = new VectorRequirements(
            512, 100, "AVX-512", List.of("avx512f", "avx512bw", "avx512dq", "avx512vl"), "-XX:UseAVX=3");

    @Override
    public String name() {
        return "avx512";
    }

    @Override
    public int spiVersion() {
        return SPI_VERSION;
    }

    @Override
    public Probe probe() {
        return NEEDS.check(VectorJvm.ofThis(() -> VectorShape.preferredShape().vectorBitSize()));
    }

    @Override
    public KernelBackend open(ThreadTeam team) {
        if (probe() instanceof Probe.Unavailable refused) {
            throw new UnsupportedOperationException("backend avx512: " + refused.reason());
        }
        return new CpuBackend(new VectorKernels(name()), team);
    }
}
