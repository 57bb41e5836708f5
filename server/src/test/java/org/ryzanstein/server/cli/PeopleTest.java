package org.ryzanstein.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import org.junit.jupiter.api.Test;

/** What is printed for people: numbers, control characters, progress, the doctor. */
class PeopleTest {
    @Test
    void escapesWhatWouldSteerATerminal() {
        assertThat(Text.printable("a\u001b[31m\n\u202eü🎉")).isEqualTo("a\\u001b[31m\\u000a\\u202eü🎉");
    }

    @Test
    void shortensNumbers() {
        assertThat(Text.count(999)).isEqualTo("999");
        assertThat(Text.count(1_500)).isEqualTo("1.5k");
        assertThat(Text.count(3_676_416)).isEqualTo("3.7M");
        assertThat(Text.count(2_400_000_000L)).isEqualTo("2.4B");
        assertThat(Text.bytes(1023)).isEqualTo("1023 B");
        assertThat(Text.bytes(1536)).isEqualTo("1.5 KiB");
        assertThat(Text.bytes(3L << 40)).isEqualTo("3.0 TiB");
    }

    @Test
    void workThatIsDoneAtOnceShowsNoProgress() {
        Cli cli = new Cli().onTerminal();
        try (ProgressBar bar = new ProgressBar(cli.environment())) {
            bar.progress("packing", 1, 2);
            bar.progress("packing", 2, 2);
        }
        assertThat(cli.err()).isEmpty();
    }

    @Test
    void longWorkShowsABarOnATerminalAndRemovesIt() {
        Cli cli = new Cli().onTerminal();
        try (ProgressBar bar = new ProgressBar(cli.environment(), 0)) {
            bar.progress("packing", 1, 2);
            bar.progress("packing", 1, 0);
        }
        assertThat(cli.err())
                .contains("packing [===============")
                .contains("50 %")
                .endsWith("\r\u001b[K");
    }

    @Test
    void longWorkShowsLinesElsewhere() {
        Cli cli = new Cli();
        try (ProgressBar bar = new ProgressBar(cli.environment(), 0)) {
            bar.progress("packing", 1, 2);
        }
        assertThat(cli.err()).isEqualTo("packing: 50 %" + System.lineSeparator());
    }

    @Test
    void theDoctorSpeaksToPeopleAndPrograms() throws IOException {
        Cli people = new Cli();
        int code = people.run("doctor");
        assertThat(people.out()).contains("java", "cpu", "heap");
        Cli program = new Cli();
        assertThat(program.run("doctor", "--json")).isEqualTo(code);
        JsonNode json = program.json();
        assertThat(json.path("ok").booleanValue()).isEqualTo(code == 0);
        for (JsonNode finding : json.path("findings")) {
            assertThat(finding.path("status").asText()).isIn("ok", "warn", "fail");
            assertThat(finding.path("status").asText().equals("ok"))
                    .isEqualTo(finding.path("fix").asText().isEmpty());
        }
    }
}
