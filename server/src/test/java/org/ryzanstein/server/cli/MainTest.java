package org.ryzanstein.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class MainTest {
    @Test
    void printsNameAndVersion() {
        Main.main(new String[0]);
        assertThat(Main.versionLine()).startsWith("ryzanstein ");
    }
}
