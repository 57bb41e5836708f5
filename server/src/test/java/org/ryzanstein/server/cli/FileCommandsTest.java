package org.ryzanstein.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.ryzanstein.server.fake.FakeEngine;

/** The commands that need no engine, or only look at what one computes. */
class FileCommandsTest {
    @TempDir
    private Path folder;

    private static JsonNode run(String... arguments) throws IOException {
        Cli cli = new Cli();
        assertThat(cli.run(arguments)).as(cli.err()).isEqualTo(0);
        return cli.json();
    }

    @Test
    void tokenizesWithTheEmbeddedModel() throws IOException {
        JsonNode json = run("tokenize", "--json", "Once upon a time");
        assertThat(json.path("ids").toString()).isEqualTo("[2040,427,436,258,395]");
        assertThat(json.path("tokens").get(2).asText()).isEqualTo("Ġupon");
        assertThat(run("tokenize", "--json", "--no-bos", "Once upon a time").path("ids"))
                .hasSize(4);
        assertThat(run("tokenize", "--json", "--no-bos", "--special", "<|eot_id|>")
                        .path("ids")
                        .toString())
                .isEqualTo("[2042]");
        assertThat(run("tokenize", "--json", "--no-bos", "<|eot_id|>")
                        .path("ids")
                        .size())
                .isGreaterThan(1);
        assertThat(run("tokenize", "--json", "--no-bos", "").path("ids")).isEmpty();
        assertThat(run("tokenize", "--json", "--", "-n").path("ids").size()).isGreaterThan(1);
    }

    @Test
    void printsTokensForPeople() {
        Cli cli = new Cli();
        assertThat(cli.run("tokenize", "Once")).isEqualTo(0);
        assertThat(cli.out()).contains("2040\t<|begin_of_text|>").contains("427\tOnce");
    }

    @Test
    void synthesizesInspectsAndTokenizesAModel() throws IOException {
        Path model = folder.resolve("tiny.gguf");
        Cli cli = new Cli();
        assertThat(cli.run(
                        "synthesize",
                        model.toString(),
                        "--shape",
                        "bitnet-tiny-long",
                        "--type",
                        "tq2_0",
                        "--seed",
                        "7"))
                .as(cli.err())
                .isEqualTo(0);
        assertThat(cli.out()).isEmpty();
        assertThat(cli.err()).contains("wrote " + model);

        JsonNode json = run("inspect", model.toString(), "--json", "--hash");
        assertThat(json.path("architecture").asText()).isEqualTo("bitnet-b1.58");
        assertThat(json.path("sha256").asText()).hasSize(64);
        assertThat(json.path("tensors").size()).isEqualTo(46);
        Cli table = new Cli();
        assertThat(table.run("inspect", model.toString(), "--hash")).isEqualTo(0);
        assertThat(table.out()).contains("token_embd.weight", "TQ2_0", "sha256", "parameters", "metadata");

        assertThat(run("tokenize", "-m", model.toString(), "--json", "a")
                        .path("ids")
                        .size())
                .isGreaterThan(0);
    }

    @Test
    void refusesFilesThatAreNoModels() throws IOException {
        Path file = Files.writeString(folder.resolve("a.gguf"), "no model");
        for (String[] line : new String[][] {
            {"inspect", file.toString()},
            {"tokenize", "-m", file.toString(), "x"},
            {"tokenize", "-m", folder.toString(), "x"},
            {"inspect", folder.resolve("missing.gguf").toString()},
        }) {
            Cli cli = new Cli();
            assertThat(cli.run(line)).as(String.join(" ", line)).isEqualTo(3);
            assertThat(cli.out()).isEmpty();
            assertThat(cli.err()).contains(folder.toString());
        }
    }

    @Test
    void failsWhereItCannotWrite() {
        Cli cli = new Cli();
        String target = folder.resolve("missing/x.gguf").toString();
        assertThat(cli.run("synthesize", target, "--shape", "bitnet-tiny-long", "--type", "I2_S"))
                .isEqualTo(1);
        assertThat(cli.err()).contains("missing");
    }

    @Test
    void measuresPerplexity() throws IOException {
        Path text = Files.writeString(folder.resolve("text.txt"), "H".repeat(100));
        Cli cli = new Cli().with(new FakeEngine().withPromptLogits());
        assertThat(cli.run("perplexity", "--file", text.toString(), "-c", "20", "--json"))
                .as(cli.err())
                .isEqualTo(0);

        JsonNode json = cli.json();
        assertThat(json.path("tokens").asInt()).isEqualTo(5 * 9);
        assertThat(json.path("perplexity").asDouble())
                .isCloseTo(Math.exp(json.path("nll").asDouble()), org.assertj.core.data.Offset.offset(1e-9));
        assertThat(json.path("protocol").asText()).isEqualTo("llama.cpp");

        Cli table = new Cli().with(new FakeEngine().withPromptLogits());
        assertThat(table.run("perplexity", "-f", text.toString(), "-c", "20")).isEqualTo(0);
        assertThat(table.out()).startsWith("perplexity ").contains("45 tokens");
    }

    @Test
    void refusesTextsThatCannotBeMeasured() throws IOException {
        Path shortText = Files.writeString(folder.resolve("short.txt"), "abc");
        Path noText = Files.write(folder.resolve("binary"), new byte[] {(byte) 0xff, 0});
        assertThat(new Cli().run("perplexity", "-f", shortText.toString())).isEqualTo(2);
        assertThat(new Cli().run("perplexity", "-f", shortText.toString(), "-c", "1000"))
                .isEqualTo(2);
        Cli binary = new Cli();
        assertThat(binary.run("perplexity", "-f", noText.toString())).isEqualTo(1);
        assertThat(binary.err()).contains("UTF-8");
        Cli missing = new Cli();
        assertThat(missing.run("perplexity", "-f", folder.resolve("missing").toString()))
                .isEqualTo(1);
        assertThat(missing.err()).contains("can't be read");
    }

    @Test
    void listsProviders() throws IOException {
        JsonNode json = run("backends", "--json");
        assertThat(json.path("chosen").isTextual()).isTrue();
        boolean scalar = false;
        for (JsonNode provider : json.path("providers")) {
            for (String field : new String[] {"name", "kind", "status", "score", "detail", "module", "jar"}) {
                assertThat(provider.has(field)).as(field).isTrue();
            }
            scalar |= provider.path("name").asText().equals("scalar");
        }
        assertThat(scalar).isTrue();

        Cli table = new Cli();
        assertThat(table.run("backends", "--backend", "scalar")).isEqualTo(0);
        assertThat(table.out()).contains("scalar", "chosen", "org.ryzanstein.backend.scalar");
    }

    @Test
    void reportsAForcedProviderThatIsUnavailable() throws IOException {
        Cli cli = new Cli();
        assertThat(cli.run("backends", "--json", "--backend", "abacus")).isEqualTo(4);
        assertThat(cli.json().path("chosen").isNull()).isTrue();
        assertThat(cli.json().path("providers").size()).isGreaterThan(0);
        assertThat(cli.err()).contains("abacus");
    }
}
