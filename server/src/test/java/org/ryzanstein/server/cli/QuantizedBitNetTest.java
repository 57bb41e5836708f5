package org.ryzanstein.server.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.ryzanstein.loader.Ryzanstein;

/** The master weights of bitnet-tiny in each ternary type, by real engines. */
class QuantizedBitNetTest {
    private static final int DIGITS = 4 * (3 * 256 * 768 + 2 * 256 * 256 + 2 * 256 * 128);
    private static final int LENGTH_OF_TEXT = 4000;

    @TempDir
    private Path folder;

    private static Path shared(String name) {
        for (Path up = Path.of("").toAbsolutePath(); up != null; up = up.getParent()) {
            Path path = up.resolve("shared/data").resolve(name);
            if (Files.exists(path)) {
                return path;
            }
        }
        Assumptions.abort("skipped: no shared/data/" + name + " beside the repository");
        throw new IllegalStateException(name);
    }

    /** I2_S keeps scales as float32, the others as float16; head and embedding are F32 as in the master. */
    @ParameterizedTest
    @ValueSource(strings = {"I2_S", "TQ1_0", "TQ2_0"})
    void keepsItsDigitsAndThePerplexityThatTheReportSays(String type) throws IOException {
        Path master = shared("bitnet-tiny");
        String stories = Files.readString(shared("text/heldout.txt")).replace("<|endoftext|>", "");
        Path text = Files.writeString(folder.resolve("text.txt"), stories.substring(0, LENGTH_OF_TEXT));
        Path target = folder.resolve("bitnet.gguf");
        Path report = folder.resolve("report.json");
        Cli cli = new Cli().opening(Ryzanstein::open);
        assertThat(cli.run(
                        "quantize",
                        master.toString(),
                        target.toString(),
                        "--type",
                        type,
                        "--head",
                        "F32",
                        "--text",
                        text.toString(),
                        "--report",
                        report.toString()))
                .as(cli.err())
                .isZero();
        JsonNode json = new ObjectMapper().readTree(report.toFile());
        assertThat(json.path("digits_compared").asInt()).isEqualTo(DIGITS);
        assertThat(json.path("digits_changed").asInt(-1)).isZero();
        double before = json.path("perplexity").path("before").asDouble();
        double after = json.path("perplexity").path("after").asDouble();
        assertThat(before).isEqualTo(perplexity(master, text)).isBetween(2.0, 12.0);
        assertThat(after).isEqualTo(perplexity(target, text));
        if (type.equals("I2_S")) {
            assertThat(json.path("largest_scale_error").asDouble(-1)).isZero();
            assertThat(json.path("max_error").asDouble(-1)).isZero();
            assertThat(after).isEqualTo(before);
        } else {
            assertThat(json.path("largest_scale_error").asDouble()).isBetween(1e-6, 0x1p-11);
            assertThat(after).isCloseTo(before, within(0.005 * before));
        }
        assertThat(cli.out()).contains(DIGITS + " compared, 0 changed").contains("perplexity");
    }

    private static double perplexity(Path model, Path text) throws IOException {
        Cli cli = new Cli().opening(Ryzanstein::open);
        assertThat(cli.run("perplexity", "-m", model.toString(), "-f", text.toString(), "--json"))
                .as(cli.err())
                .isZero();
        return cli.json().path("perplexity").asDouble();
    }
}
