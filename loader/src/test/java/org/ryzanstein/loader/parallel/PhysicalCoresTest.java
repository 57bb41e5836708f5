package org.ryzanstein.loader.parallel;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PhysicalCoresTest {
    @TempDir
    private Path cpus;

    @Test
    void countsHardwareThreadsOfACoreOnce() throws IOException {
        put(0, "0,4\n");
        put(4, "0,4\n");
        put(1, "1,5\n");
        put(5, "1,5\n");
        Files.createDirectory(cpus.resolve("cpufreq"));

        assertThat(PhysicalCores.count(cpus, 4)).isEqualTo(2);
    }

    @Test
    void neverCountsMoreThanTheProcessMayUse() throws IOException {
        put(0, "0\n");
        put(1, "1\n");
        put(2, "2\n");

        assertThat(PhysicalCores.count(cpus, 2)).isEqualTo(2);
    }

    @Test
    void countsProcessorsWhereTheSystemDoesNotSay() throws IOException {
        Files.createDirectory(cpus.resolve("cpu0"));

        assertThat(PhysicalCores.count(cpus, 6)).isEqualTo(6);
        assertThat(PhysicalCores.count(cpus.resolve("missing"), 3)).isEqualTo(3);
    }

    @Test
    void findsAtLeastOneCoreHere() {
        assertThat(PhysicalCores.count()).isBetween(1, Runtime.getRuntime().availableProcessors());
    }

    private void put(int cpu, String siblings) throws IOException {
        Path topology = Files.createDirectories(cpus.resolve("cpu" + cpu + "/topology"));
        Files.writeString(topology.resolve("thread_siblings_list"), siblings);
    }
}
