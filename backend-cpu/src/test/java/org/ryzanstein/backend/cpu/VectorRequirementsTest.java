package org.ryzanstein.backend.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.ryzanstein.api.provider.Probe;

class VectorRequirementsTest {
    private static final VectorRequirements NEEDS =
            new VectorRequirements(512, 100, "AVX-512", List.of("avx512f", "avx512bw"), "-XX:UseAVX=3");
    private static final Set<String> HAS = Set.of("fpu", "avx512f", "avx512bw");
    private static final String SERVER = "OpenJDK 64-Bit Server VM";
    private static final String MIXED = "mixed mode, sharing";

    private static VectorJvm jvm(int bits, Set<String> cpuFlags) {
        return new VectorJvm(25, SERVER, MIXED, true, bits, cpuFlags);
    }

    private static Probe.Unavailable refused(VectorJvm jvm) {
        return (Probe.Unavailable) NEEDS.check(jvm);
    }

    @Test
    void acceptsAJvmWithVectorsAsWideAsNeededOrWider() {
        for (int bits : new int[] {512, 1024}) {
            Probe.Available available = (Probe.Available) NEEDS.check(jvm(bits, HAS));

            assertThat(available.score()).isEqualTo(100);
            assertThat(available.detail()).contains(bits + "-bit vectors");
        }
    }

    @Test
    void refusesAnotherJavaVersion() {
        assertThat(refused(new VectorJvm(26, SERVER, MIXED, true, 512, HAS)).reason())
                .contains("Java 26")
                .contains("tested with JDK 25 only");
    }

    @Test
    void refusesAJvmThatIsNoServerVm() {
        assertThat(refused(new VectorJvm(25, "Eclipse OpenJ9 VM", MIXED, true, 512, HAS))
                        .reason())
                .contains("Eclipse OpenJ9 VM")
                .contains("HotSpot Server VM");
    }

    @Test
    void refusesAJvmWithoutC2AndNamesTheFlags() {
        for (String info : new String[] {"mixed mode, emulated-client, sharing", "interpreted mode, sharing"}) {
            assertThat(refused(new VectorJvm(25, SERVER, info, true, 512, HAS)).reason())
                    .contains(info)
                    .contains("-XX:TieredStopAtLevel")
                    .contains("-Xint");
        }
    }

    @Test
    void refusesAJvmWithoutTheVectorModuleAndNamesTheFlag() {
        assertThat(refused(new VectorJvm(25, SERVER, MIXED, false, 0, HAS)).reason())
                .contains("--add-modules jdk.incubator.vector");
    }

    @Test
    void saysThatNothingIsToBeMendedWhereTheCpuHasNoWiderVectors() {
        Probe.Unavailable refused = refused(jvm(256, Set.of("fpu")));

        assertThat(refused.reason()).contains("256 bits").endsWith("the CPU has no AVX-512");
        assertThat(refused.mendable()).isFalse();
    }

    @Test
    void namesTheFlagWhereTheCpuIsNotKnown() {
        Probe.Unavailable refused = refused(jvm(256, Set.of()));

        assertThat(refused.reason()).contains("perhaps").contains("-XX:UseAVX=3");
        assertThat(refused.mendable()).isFalse();
    }

    @Test
    void isMendableWhereTheMachineHasWhatIsNeeded() {
        Probe.Unavailable refused = refused(jvm(256, HAS));

        assertThat(refused.reason()).contains("256 bits").contains("-XX:UseAVX=3");
        assertThat(refused.mendable()).isTrue();
    }

    @Test
    void asksThisJvm() {
        VectorJvm here = VectorJvm.ofThis(() -> 128);

        assertThat(here.javaFeature()).isEqualTo(Runtime.version().feature());
        assertThat(here.vectorBits()).isEqualTo(here.incubator() ? 128 : 0);
    }
}
