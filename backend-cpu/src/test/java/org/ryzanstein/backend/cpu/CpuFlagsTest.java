package org.ryzanstein.backend.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CpuFlagsTest {
    @TempDir
    @SuppressWarnings("NullAway.Init") // Set by JUnit.
    private Path scratch;

    @Test
    void readsTheFlagsOfTheFirstProcessor() throws IOException {
        Path file = scratch.resolve("cpuinfo");
        Files.writeString(file, "processor\t: 0\nflags\t\t: fpu  avx avx2\n\nprocessor\t: 1\nflags\t\t: fpu\n");

        assertThat(CpuFlags.read(file)).containsExactlyInAnyOrder("fpu", "avx", "avx2");
    }

    @Test
    void knowsNothingWhereTheSystemSaysNothing() throws IOException {
        Path file = scratch.resolve("cpuinfo");
        assertThat(CpuFlags.read(file)).isEmpty();

        Files.writeString(file, "processor\t: 0\n");

        assertThat(CpuFlags.read(file)).isEmpty();
    }
}
