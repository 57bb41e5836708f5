package org.ryzanstein.systemtest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code doctor} names what makes a JVM slow, in JVMs that were made slow. */
class SlowPathsTest {
    private static final String MAIN = "org.ryzanstein.server/org.ryzanstein.server.cli.Main";

    @TempDir
    Path scratch;

    /** Findings of a name, as {@code status found}. */
    private static List<String> findings(JsonNode report, String name) {
        List<String> found = new ArrayList<>();
        for (JsonNode finding : report.path("findings")) {
            if (finding.path("name").asText().equals(name)) {
                found.add(finding.path("status").asText() + " "
                        + finding.path("found").asText());
            }
        }
        return found;
    }

    private JsonNode doctor(int status, String... options) throws IOException, InterruptedException {
        Tools.Outcome outcome =
                Tools.java(List.of(options), List.of(Distribution.lib()), MAIN, List.of("doctor", "--json"), scratch);
        assertThat(outcome.status()).as(outcome.err()).isEqualTo(status);
        return new ObjectMapper().readTree(outcome.out());
    }

    private static boolean hasVectors(JsonNode report) {
        return findings(report, "backend").stream()
                .anyMatch(found -> found.startsWith("ok avx") && found.contains("chosen"));
    }

    @Tag("long")
    @Test
    void anInterpreter() throws IOException, InterruptedException {
        JsonNode report = doctor(1, "-Xint");
        assertThat(findings(report, "compiler")).containsExactly("fail interpreter only (-Xint)");
        assertThat(findings(report, "kernel"))
                .isNotEmpty()
                .allSatisfy(found -> assertThat(found).startsWith("warn ").endsWith("interpreter only (-Xint)"));
    }

    @Test
    void aJvmWithoutItsSecondCompiler() throws IOException, InterruptedException {
        JsonNode report = doctor(1, "-XX:TieredStopAtLevel=1");
        assertThat(findings(report, "compiler")).containsExactly("fail C1 only (TieredStopAtLevel=1)");
        assertThat(hasVectors(report)).isFalse();
    }

    @Test
    void vectorsThatAreObjects() throws IOException, InterruptedException {
        JsonNode report =
                doctor(0, "-XX:CompileCommand=quiet", "-XX:CompileCommand=dontinline,jdk.incubator.vector.Float*::fma");
        assumeTrue(hasVectors(report), "no vector backend here");
        assertThat(findings(report, "kernel"))
                .anySatisfy(found -> assertThat(found).startsWith("warn ").contains("boxing"));
    }

    @Test
    void vectorsNarrowerThanTheMachines() throws IOException, InterruptedException {
        JsonNode report = doctor(0, "-XX:MaxVectorSize=16");
        assertThat(hasVectors(report)).isFalse();
        assertThat(findings(report, "backend"))
                .anySatisfy(found -> assertThat(found).contains("avx2 refused", "MaxVectorSize"));
        assertThat(findings(report, "simd"))
                .allSatisfy(found -> assertThat(found).startsWith("warn "));
    }
}
