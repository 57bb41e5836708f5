package org.ryzanstein.backend.cpu;

import java.util.List;
import org.ryzanstein.api.provider.Probe;

/**
 * What the kernels for vectors of one width need.
 *
 * @param bits width of their vectors
 * @param score of a backend whose needs are met
 * @param extension the CPU's extension, as people call it
 * @param cpuFlags its parts, as Linux names them
 * @param jvmFlag the option that lets the JVM use it
 */
public record VectorRequirements(int bits, int score, String extension, List<String> cpuFlags, String jvmFlag) {
    private static final int TESTED_JAVA = 25;

    public VectorRequirements {
        cpuFlags = List.copyOf(cpuFlags);
    }

    /** Whether a JVM meets them; if not, why, and what mends it. */
    public Probe check(VectorJvm jvm) {
        if (jvm.javaFeature() != TESTED_JAVA) {
            return refusal("Java " + jvm.javaFeature()
                    + ", and the Vector API changes between versions: tested with JDK " + TESTED_JAVA
                    + " only; run on that");
        }
        if (!jvm.vmName().endsWith("Server VM")) {
            return refusal("the JVM is '" + jvm.vmName()
                    + "': vectors are fast only where HotSpot's C2 compiles them; run on a HotSpot Server VM");
        }
        if (jvm.vmInfo().contains("emulated-client") || jvm.vmInfo().contains("interpreted")) {
            return refusal("this JVM runs without its C2 compiler ('" + jvm.vmInfo()
                    + "'), and vectors are slow without it; start it without -Xint and -XX:TieredStopAtLevel");
        }
        if (!jvm.incubator()) {
            return refusal("module " + VectorJvm.INCUBATOR + " is not loaded; start the JVM with --add-modules "
                    + VectorJvm.INCUBATOR);
        }
        if (jvm.vectorBits() < bits) {
            return narrow(jvm);
        }
        return new Probe.Available(score, jvm.vectorBits() + "-bit vectors, Java " + jvm.javaFeature());
    }

    /** Where the CPU has no more, there is nothing to mend. */
    private Probe narrow(VectorJvm jvm) {
        String found = "the JVM's vectors have " + jvm.vectorBits() + " bits, " + bits + " are needed: ";
        if (jvm.cpuFlags().containsAll(cpuFlags)) {
            return refusal(found + "the CPU has " + extension + ", and the JVM was kept from using it; start it with "
                    + jvmFlag + " and without a smaller -XX:MaxVectorSize");
        }
        boolean unknown = jvm.cpuFlags().isEmpty();
        String mend = unknown ? " (if it has, start the JVM with " + jvmFlag + ")" : "";
        return new Probe.Unavailable(
                found + (unknown ? "perhaps the CPU has no " : "the CPU has no ") + extension + mend);
    }

    private static Probe refusal(String reason) {
        return new Probe.Unavailable(reason, true);
    }
}
