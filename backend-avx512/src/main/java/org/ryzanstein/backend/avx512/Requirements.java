package org.ryzanstein.backend.avx512;

import java.util.List;
import java.util.Set;
import jdk.incubator.vector.VectorShape;
import org.ryzanstein.api.provider.Probe;
import org.ryzanstein.backend.cpu.CpuFlags;

/**
 * What decides whether these kernels run, and run fast: the JVM's properties, not the CPU's.
 *
 * @param javaFeature Java's feature version
 * @param vmName the system property {@code java.vm.name}
 * @param vmInfo the system property {@code java.vm.info}
 * @param incubator whether the module jdk.incubator.vector is there
 * @param vectorBits width of the vectors that the JVM prefers; 0 without the module
 * @param cpuFlags what the CPU has, as Linux names it; empty if that is not known
 */
record Requirements(
        int javaFeature, String vmName, String vmInfo, boolean incubator, int vectorBits, Set<String> cpuFlags) {
    private static final int SCORE = 100;
    private static final int TESTED_JAVA = 25;
    private static final int BITS = 512;
    private static final List<String> NEEDED = List.of("avx512f", "avx512bw", "avx512dq", "avx512vl");
    private static final String INCUBATOR = "jdk.incubator.vector";

    static Requirements ofThisJvm() {
        boolean incubator = ModuleLayer.boot().findModule(INCUBATOR).isPresent();
        return new Requirements(
                Runtime.version().feature(),
                System.getProperty("java.vm.name", ""),
                System.getProperty("java.vm.info", ""),
                incubator,
                incubator ? preferredBits() : 0,
                CpuFlags.ofThisMachine());
    }

    private static int preferredBits() {
        return VectorShape.preferredShape().vectorBitSize();
    }

    Probe check() {
        if (javaFeature != TESTED_JAVA) {
            return refusal("Java " + javaFeature + ", and the Vector API changes between versions: tested with JDK "
                    + TESTED_JAVA + " only; run on that");
        }
        if (!vmName.endsWith("Server VM")) {
            return refusal("the JVM is '" + vmName
                    + "': vectors are fast only where HotSpot's C2 compiles them; run on a HotSpot Server VM");
        }
        if (vmInfo.contains("emulated-client") || vmInfo.contains("interpreted")) {
            return refusal("this JVM runs without its C2 compiler ('" + vmInfo
                    + "'), and vectors are slow without it; start it without -Xint and -XX:TieredStopAtLevel");
        }
        if (!incubator) {
            return refusal("module " + INCUBATOR + " is not loaded; start the JVM with --add-modules " + INCUBATOR);
        }
        if (vectorBits < BITS) {
            return narrow();
        }
        return new Probe.Available(SCORE, vectorBits + "-bit vectors, Java " + javaFeature);
    }

    /** Where the CPU has no more, there is nothing to mend. */
    private Probe narrow() {
        String found = "the JVM's vectors have " + vectorBits + " bits, " + BITS + " are needed: ";
        if (cpuFlags.containsAll(NEEDED)) {
            return refusal(
                    found + "the CPU has AVX-512, and the JVM was kept from using it; start it with -XX:UseAVX=3 and"
                            + " without a smaller -XX:MaxVectorSize");
        }
        String mend = cpuFlags.isEmpty() ? " (if it has, start the JVM with -XX:UseAVX=3)" : "";
        return new Probe.Unavailable(
                found + (cpuFlags.isEmpty() ? "perhaps the CPU has no AVX-512" : "the CPU has no AVX-512") + mend);
    }

    private static Probe refusal(String reason) {
        return new Probe.Unavailable(reason, true);
    }
}
