package org.ryzanstein.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.ryzanstein.server.fake.FakeEngine;

class QuantizeCommandTest {
    @TempDir
    private Path folder;

    private Path synthesized() {
        Path model = folder.resolve("tiny.gguf");
        Cli cli = new Cli();
        assertThat(cli.run("synthesize", model.toString(), "--shape", "bitnet-tiny-long", "--type", "TQ2_0"))
                .as(cli.err())
                .isEqualTo(0);
        return model;
    }

    @Test
    void writesModelTableAndReport() throws IOException {
        Path target = folder.resolve("i2s.gguf");
        Path report = folder.resolve("report.json");
        Cli cli = new Cli();
        assertThat(cli.run(
                        "quantize",
                        synthesized().toString(),
                        target.toString(),
                        "--type",
                        "i2_s",
                        "--head",
                        "q8_0",
                        "--report",
                        report.toString()))
                .as(cli.err())
                .isEqualTo(0);
        assertThat(cli.out()).contains("blk.0.attn_q.weight", "0 changed", "head type as asked for");
        assertThat(cli.err()).contains("wrote " + target);
        JsonNode json = new ObjectMapper().readTree(report.toFile());
        assertThat(json.path("digits_changed").asLong(-1)).isZero();
        assertThat(json.path("bytes_after").asLong()).isEqualTo(Files.size(target));
        assertThat(json.has("perplexity")).isFalse();
    }

    @Test
    void saysThePerplexityOfAText() throws IOException {
        Path text = Files.writeString(folder.resolve("text.txt"), "H".repeat(3000));
        Path report = folder.resolve("report.json");
        Cli cli =
                new Cli().opening(options -> new FakeEngine().withPromptLogits().openedWith(options));
        assertThat(cli.run(
                        "quantize",
                        synthesized().toString(),
                        folder.resolve("i2s.gguf").toString(),
                        "--type",
                        "I2_S",
                        "--text",
                        text.toString(),
                        "--report",
                        report.toString()))
                .as(cli.err())
                .isEqualTo(0);
        assertThat(cli.out()).contains("perplexity");
        JsonNode perplexity = new ObjectMapper().readTree(report.toFile()).path("perplexity");
        assertThat(perplexity.path("after").asDouble())
                .isEqualTo(perplexity.path("before").asDouble())
                .isPositive();
    }

    @Test
    void refusesTypesAndModelsByName() {
        Path model = synthesized();
        String target = folder.resolve("x.gguf").toString();
        Cli usage = new Cli();
        assertThat(usage.run("quantize", model.toString(), target, "--type", "Q2_K"))
                .isEqualTo(2);
        assertThat(usage.err()).contains("--type: found \"Q2_K\"");
        Cli refused = new Cli();
        assertThat(refused.run("quantize", model.toString(), target, "--type", "Q4_0"))
                .isEqualTo(3);
        assertThat(refused.err()).contains("ternary weights for type Q4_0");
        Cli nowhere = new Cli();
        assertThat(nowhere.run(
                        "quantize",
                        model.toString(),
                        target,
                        "--type",
                        "I2_S",
                        "--report",
                        folder.resolve("none/report.json").toString()))
                .isEqualTo(1);
        assertThat(nowhere.err()).contains("report.json");
        Cli missing = new Cli();
        assertThat(missing.run(
                        "quantize",
                        model.toString(),
                        target,
                        "--type",
                        "I2_S",
                        "--text",
                        folder.resolve("none.txt").toString()))
                .isEqualTo(1);
        assertThat(missing.err()).contains("none.txt");
        assertThat(Path.of(target)).doesNotExist();
    }

    @Test
    void rendersATemplate() throws IOException {
        Path jinja = Files.writeString(
                folder.resolve("chat.jinja"),
                "{{ bos_token }}{% for m in messages %}[{{ m.role }}] {{ m.content }}\n{% endfor %}"
                        + "{% if add_generation_prompt %}>{% endif %}");
        Path input = Files.writeString(
                folder.resolve("input.json"),
                "{\"messages\": [{\"role\": \"user\", \"content\": \"Hi\"}], \"bos_token\": \"<s>\","
                        + " \"add_generation_prompt\": true}");
        Cli cli = new Cli();
        assertThat(cli.run("template", "--file", jinja.toString(), "--input", input.toString()))
                .as(cli.err())
                .isEqualTo(0);
        assertThat(cli.out()).isEqualTo("<s>[user] Hi\n>");

        Files.writeString(input, "[1");
        Cli wrong = new Cli();
        assertThat(wrong.run("template", "--file", jinja.toString(), "--input", input.toString()))
                .isEqualTo(1);
        assertThat(wrong.err()).contains("input.json");

        Files.writeString(input, "{}");
        Files.writeString(jinja, "{% include 'x' %}");
        Cli refused = new Cli();
        assertThat(refused.run("template", "--file", jinja.toString(), "--input", input.toString()))
                .isEqualTo(1);
        assertThat(refused.err()).contains("chat.jinja");
    }
}
