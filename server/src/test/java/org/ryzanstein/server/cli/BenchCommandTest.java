package org.ryzanstein.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.ryzanstein.loader.engine.EngineOptions;
import org.ryzanstein.server.fake.FakeEngine;

class BenchCommandTest {
    private static final String[] SMALL = {
        "bench", "--in-process", "--prompt-tokens", "8", "--gen-tokens", "4", "--repetitions", "2", "--warmup", "0"
    };

    @TempDir
    private Path folder;

    private final List<EngineOptions> opened = new ArrayList<>();

    private Cli cli() {
        return new Cli().opening(options -> {
            opened.add(options);
            return new FakeEngine().openedWith(options);
        });
    }

    private static String[] small(String... more) {
        List<String> all = new ArrayList<>(List.of(SMALL));
        all.addAll(List.of(more));
        return all.toArray(String[]::new);
    }

    private static List<String> fields(JsonNode node) {
        List<String> names = new ArrayList<>();
        node.fieldNames().forEachRemaining(names::add);
        return names;
    }

    @Test
    void printsOneJsonObjectOfTheStatedShape() throws IOException {
        Cli cli = cli();
        assertThat(cli.run(small("--threads", "1", "--json"))).isEqualTo(0);

        JsonNode report = cli.json();
        assertThat(fields(report)).containsExactly("machine", "jvm", "model", "commit", "bandwidth", "results");
        assertThat(report.path("model").path("sha256").asText()).hasSize(64);
        assertThat(report.path("bandwidth").path("bytes_per_second").asDouble()).isPositive();
        assertThat(report.path("results")).hasSize(3).allSatisfy(result -> {
            assertThat(fields(result))
                    .containsExactly(
                            "suite",
                            "test",
                            "backend",
                            "threads",
                            "ranks",
                            "tokens_per_second",
                            "bytes_per_token",
                            "bandwidth_share",
                            "allocated_bytes_per_token",
                            "peak_rss_bytes");
            assertThat(fields(result.path("tokens_per_second"))).containsExactly("median", "min", "max", "samples");
            assertThat(result.path("tokens_per_second").path("samples")).hasSize(2);
            assertThat(result.path("ranks").asInt()).isEqualTo(1);
        });
        assertThat(report.path("results").findValuesAsText("test")).containsExactly("pp8", "tg4", "tg4-dist");
    }

    @Test
    void ratesAndBytesAreThoseOfTheEngine() throws IOException {
        Cli cli = cli();
        cli.run(small("--threads", "1", "--json"));
        JsonNode results = cli.json().path("results");
        // The fake engine takes 10 ms for a prompt and 20 ms for the tokens after the first.
        assertThat(results.path(0).path("tokens_per_second").path("median").asDouble())
                .isEqualTo(800);
        assertThat(results.path(1).path("tokens_per_second").path("median").asDouble())
                .isEqualTo(200);
        assertThat(results.path(0).path("bytes_per_token").asDouble()).isEqualTo((100_000 + 25_000) / 8.0);
        assertThat(results.path(1).path("bytes_per_token").asDouble()).isEqualTo(100_000 + 25_000 + 8 * 3.5);
        assertThat(results.path(2).path("bytes_per_token").asDouble()).isEqualTo(100_000 + 50_000 + 8 * 3.5);
    }

    @Test
    void measuresEachBackendWithEachNumberOfThreads() throws IOException {
        Cli cli = cli();
        assertThat(cli.run(small("--suite", "model,threads", "--threads", "1,2", "--backend", "a,b", "--json", "-")))
                .isEqualTo(0);
        assertThat(opened)
                .extracting(EngineOptions::backend, EngineOptions::threads)
                .containsExactly(
                        org.assertj.core.groups.Tuple.tuple(Optional.of("a"), 1),
                        org.assertj.core.groups.Tuple.tuple(Optional.of("b"), 1),
                        org.assertj.core.groups.Tuple.tuple(Optional.of("a"), 2),
                        org.assertj.core.groups.Tuple.tuple(Optional.of("b"), 2));
        assertThat(cli.json().path("results").findValuesAsText("suite")).contains("model", "threads");
        assertThat(cli.json().path("bandwidth").path("measurements").findValuesAsText("threads"))
                .containsExactly("1", "2");
    }

    @Test
    void theThreadsSuiteGoesUpToAllProcessors() {
        assertThat(cli().run(small("--suite", "threads"))).isEqualTo(0);
        assertThat(opened)
                .extracting(EngineOptions::threads)
                .startsWith(1)
                .endsWith(Runtime.getRuntime().availableProcessors());
    }

    @Test
    void writesAFileAndShowsATable() throws IOException {
        Path file = folder.resolve("out.json");
        Cli cli = cli();
        assertThat(cli.run(small("--threads", "1", "--json", file.toString()))).isEqualTo(0);
        assertThat(cli.out()).contains("| pp8", "| tg4-dist", "read bandwidth, 1 thread");
        assertThat(new ObjectMapper().readTree(Files.readString(file)).path("results"))
                .hasSize(3);
        assertThat(cli.err()).contains("repetition 2 of 2");
    }

    @Test
    void drawsWhatWasStored() throws IOException {
        Path file = folder.resolve("out.json");
        cli().run(small("--threads", "1", "--json", file.toString()));
        Cli cli = cli();
        assertThat(cli.run(
                        "bench",
                        "--from",
                        file.toString(),
                        "--plot",
                        folder.resolve("plots").toString()))
                .isEqualTo(0);
        assertThat(cli.out()).contains("| pp8");
        assertThat(cli.err()).contains("backends.svg");
        assertThat(folder.resolve("plots/roofline.svg")).exists();
        Files.writeString(file, "{}");
        assertThat(cli().run("bench", "--from", file.toString())).isEqualTo(1);
    }

    @Test
    void comparesOnlyWithPeersThatAreThere() {
        Cli cli = cli();
        assertThat(cli.run(small("--compare", "--peers", folder.resolve("none").toString())))
                .isEqualTo(1);
        assertThat(cli.err()).contains("--peers");
        assertThat(cli().run(small("--compare"))).isEqualTo(1);
        Cli other = cli();
        assertThat(other.run(small(
                        "--compare",
                        "--peers",
                        folder.toString(),
                        "-m",
                        folder.resolve("x.bin").toString())))
                .isEqualTo(1);
        assertThat(other.err()).contains("neither a GGUF file");
    }

    @Test
    void needsATest() {
        Cli cli = cli();
        assertThat(cli.run("bench", "--in-process", "--prompt-tokens", "0", "--gen-tokens", "0"))
                .isEqualTo(1);
        assertThat(cli.err()).contains("no tests");
    }

    @Test
    void aWorkerServesRequestsUntilItsInputEnds() throws IOException {
        Cli cli = cli().typing("{\"op\": \"open\", \"threads\": 1, \"context\": 8}\n{\"op\": \"memory\"}\n");
        assertThat(cli.run("bench-worker")).isEqualTo(0);
        assertThat(cli.out().lines()).hasSize(2).first().asString().contains("fake-backend");
        assertThat(opened.getFirst().contextLength()).hasValue(8);
    }

    @Test
    void aWorkerRefusesWhatItDoesNotKnow() {
        assertThat(cli().typing("[]\n").run("bench-worker")).isEqualTo(1);
        assertThat(cli().typing("{\"op\": \"dance\"}\n").run("bench-worker")).isEqualTo(1);
        assertThat(cli().typing("{\"op\": \"run\"}\n").run("bench-worker")).isEqualTo(1);
    }

    @Test
    void startsItselfAgainWithItsOwnOptions() {
        List<String> command = OwnCommand.with(List.of("bench-worker"));
        assertThat(command.getFirst()).endsWith("java");
        assertThat(command)
                .containsSequence("-m", "org.ryzanstein.server/org.ryzanstein.server.cli.Main")
                .endsWith("bench-worker");
    }
}
