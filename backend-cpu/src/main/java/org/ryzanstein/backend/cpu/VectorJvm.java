package org.ryzanstein.backend.cpu;

import java.util.Set;
import java.util.function.IntSupplier;

/**
 * What decides whether kernels of the Vector API run, and run fast: the JVM's properties, not the CPU's.
 *
 * @param javaFeature Java's feature version
 * @param vmName the system property {@code java.vm.name}
 * @param vmInfo the system property {@code java.vm.info}
 * @param incubator whether the module jdk.incubator.vector is there
 * @param vectorBits width of the vectors that the JVM prefers; 0 without the module
 * @param cpuFlags what the CPU has, as Linux names it; empty if that is not known
 */
public record VectorJvm(
        int javaFeature, String vmName, String vmInfo, boolean incubator, int vectorBits, Set<String> cpuFlags) {
    static final String INCUBATOR = "jdk.incubator.vector";

    public VectorJvm {
        cpuFlags = Set.copyOf(cpuFlags);
    }

    /**
     * Asks this JVM.
     *
     * @param preferredBits width of the vectors that it prefers; asked only if the Vector API is there
     */
    public static VectorJvm ofThis(IntSupplier preferredBits) {
        boolean incubator = ModuleLayer.boot().findModule(INCUBATOR).isPresent();
        return new VectorJvm(
                Runtime.version().feature(),
                System.getProperty("java.vm.name", ""),
                System.getProperty("java.vm.info", ""),
                incubator,
                incubator ? preferredBits.getAsInt() : 0,
                CpuFlags.ofThisMachine());
    }
}
