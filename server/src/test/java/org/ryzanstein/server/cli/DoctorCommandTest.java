package org.ryzanstein.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class DoctorCommandTest {
    @Test
    void showsHowFastEachKernelRuns() {
        Cli cli = new Cli();
        assertThat(cli.run("doctor", "--kernels", "--backend", "scalar")).isEqualTo(0);
        assertThat(cli.out())
                .startsWith("scalar, clock ")
                .containsPattern("multiply-ternary-1024x1024-t1 +[0-9.]+/ns, expected +[0-9.]+, ")
                .containsPattern("rope-1024-t1 +[0-9.]+/ns, expected +-, ");
    }
}
