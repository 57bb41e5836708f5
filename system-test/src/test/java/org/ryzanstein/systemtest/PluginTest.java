package org.ryzanstein.systemtest;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A stranger's backend: compiled from docs/examples against the distribution, dropped into a folder of plugins. */
class PluginTest {
    private static final String MAIN = "org.ryzanstein.server/org.ryzanstein.server.cli.Main";

    @TempDir
    @SuppressWarnings("NullAway.Init") // Set by JUnit.
    private static Path scratch;

    @SuppressWarnings("NullAway.Init") // Set before all tests.
    private static Path plugins;

    @BeforeAll
    static void buildPlugin() throws IOException {
        plugins = Files.createDirectory(scratch.resolve("plugins"));
        Tools.buildModule(
                Distribution.root().resolve("docs/examples/backend-plugin/src"),
                List.of(Distribution.lib()),
                scratch.resolve("classes"),
                plugins.resolve("example-backend.jar"));
    }

    @Test
    void isListedAndNotChosenUnasked() throws IOException, InterruptedException {
        Tools.Outcome outcome = ryzanstein("backends", "--json");

        assertThat(outcome.status()).as(outcome.err()).isZero();
        JsonNode report = new ObjectMapper().readTree(outcome.out());
        assertThat(report.get("chosen").asText()).isNotEqualTo("example");
        assertThat(report.get("providers")).anySatisfy(provider -> {
            assertThat(provider.get("name").asText()).isEqualTo("example");
            assertThat(provider.get("status").asText()).isEqualToIgnoringCase("available");
            assertThat(provider.get("score").asInt()).isEqualTo(1);
            assertThat(provider.get("module").asText()).isEqualTo("com.example.ryzanstein@1.0");
            assertThat(provider.get("jar").asText()).endsWith("example-backend.jar");
        });
    }

    @Test
    void generatesTheSameTokensWhenItIsForced() throws IOException, InterruptedException {
        JsonNode forced = generate("example");
        JsonNode scalar = generate("scalar");

        assertThat(forced.get("backend").toString()).contains("example");
        assertThat(forced.get("token_ids")).hasSize(8).isEqualTo(scalar.get("token_ids"));
    }

    private static JsonNode generate(String backend) throws IOException, InterruptedException {
        Tools.Outcome outcome =
                ryzanstein("generate", "--backend", backend, "-p", "Once upon a time", "-n", "8", "--json");
        assertThat(outcome.status()).as(outcome.err()).isZero();
        return new ObjectMapper().readTree(outcome.out());
    }

    private static Tools.Outcome ryzanstein(String... arguments) throws IOException, InterruptedException {
        return Tools.java(List.of(Distribution.lib(), plugins), MAIN, List.of(arguments), scratch);
    }
}
