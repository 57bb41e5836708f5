package org.ryzanstein.backend.avx2;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Set;
import org.junit.jupiter.api.Test;
import org.ryzanstein.api.provider.Probe;

class RequirementsTest {
    private static final Set<String> HAS = Set.of("fpu", "avx2", "fma");
    private static final Requirements MET =
            new Requirements(25, "OpenJDK 64-Bit Server VM", "mixed mode, sharing", true, 256, HAS);

    private static String refusalOf(Requirements requirements) {
        return ((Probe.Unavailable) requirements.check()).reason();
    }

    @Test
    void acceptsAJvmWith256BitVectorsAndRanksAboveScalar() {
        Probe.Available available = (Probe.Available) MET.check();

        assertThat(available.score()).isGreaterThan(10);
        assertThat(available.detail()).contains("256-bit vectors");
    }

    @Test
    void refusesAnotherJavaVersion() {
        assertThat(refusalOf(new Requirements(26, MET.vmName(), MET.vmInfo(), true, 256, HAS)))
                .contains("Java 26")
                .contains("tested with JDK 25 only");
    }

    @Test
    void refusesAJvmThatIsNoServerVm() {
        assertThat(refusalOf(new Requirements(25, "Eclipse OpenJ9 VM", MET.vmInfo(), true, 256, HAS)))
                .contains("Eclipse OpenJ9 VM")
                .contains("HotSpot Server VM");
    }

    @Test
    void refusesAJvmWithoutC2AndNamesTheFlags() {
        for (String info : new String[] {"mixed mode, emulated-client, sharing", "interpreted mode, sharing"}) {
            assertThat(refusalOf(new Requirements(25, MET.vmName(), info, true, 256, HAS)))
                    .contains(info)
                    .contains("-XX:TieredStopAtLevel")
                    .contains("-Xint");
        }
    }

    @Test
    void refusesAJvmWithoutTheVectorModuleAndNamesTheFlag() {
        assertThat(refusalOf(new Requirements(25, MET.vmName(), MET.vmInfo(), false, 0, HAS)))
                .contains("--add-modules jdk.incubator.vector");
    }

    @Test
    void saysThatNothingIsToBeMendedWhereTheCpuHasNoWiderVectors() {
        Requirements lesser = new Requirements(25, MET.vmName(), MET.vmInfo(), true, 128, Set.of("fpu"));

        Probe.Unavailable refused = (Probe.Unavailable) lesser.check();

        assertThat(refused.reason()).contains("128 bits").endsWith("the CPU has no AVX2");
        assertThat(refused.mendable()).isFalse();
    }

    @Test
    void namesTheFlagWhereTheCpuIsNotKnown() {
        Requirements unknown = new Requirements(25, MET.vmName(), MET.vmInfo(), true, 128, Set.of());

        Probe.Unavailable refused = (Probe.Unavailable) unknown.check();

        assertThat(refused.reason()).contains("perhaps").contains("-XX:UseAVX=2");
        assertThat(refused.mendable()).isFalse();
    }

    @Test
    void isMendableWhereTheMachineHasWhatIsNeeded() {
        Requirements kept = new Requirements(25, MET.vmName(), MET.vmInfo(), true, 128, HAS);

        assertThat(((Probe.Unavailable) kept.check()).mendable()).isTrue();
    }

    @Test
    void refusesNarrowerVectorsAndNamesTheFlag() {
        assertThat(refusalOf(new Requirements(25, MET.vmName(), MET.vmInfo(), true, 128, HAS)))
                .contains("128 bits")
                .contains("-XX:UseAVX=2");
    }

    @Test
    void ranksBelowTheBackendForWiderVectors() {
        int score = ((Probe.Available) MET.check()).score();

        assertThat(((Probe.Available) new Requirements(25, MET.vmName(), MET.vmInfo(), true, 512, HAS).check()).score())
                .isEqualTo(score)
                .isLessThan(100);
    }

    @Test
    void asksThisJvm() {
        Requirements here = Requirements.ofThisJvm();

        assertThat(here.javaFeature()).isEqualTo(Runtime.version().feature());
        assertThat(here.incubator()).isTrue();
        assertThat(here.vectorBits()).isPositive();
    }
}
