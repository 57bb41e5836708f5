package org.ryzanstein.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.ryzanstein.loader.sampling.SamplingOptions;
import org.ryzanstein.server.fake.FakeEngine;
import org.ryzanstein.server.fake.FakeTokenizer;

class GenerateCommandTest {
    @Test
    void printsTheNewTextAndNothingElse() {
        FakeEngineRun run = new FakeEngineRun();
        run.engine().answering("Grüße 🎉");

        assertThat(run.cli().run("generate", "-p", "Once")).isEqualTo(0);
        assertThat(run.cli().out()).isEqualTo("Grüße 🎉" + System.lineSeparator());
        assertThat(run.cli().err())
                .contains("backend fake-backend", FakeEngine.NAME, "ended by stop")
                .doesNotContain("seed", "\u001b", "Once");
        assertThat(run.engine().lastRequest().sampling()).isEqualTo(SamplingOptions.greedy());
        assertThat(run.engine().lastRequest().maxTokens()).isEqualTo(128);
        assertThat(run.engine().lastRequest().prompt()).startsWith(FakeTokenizer.BOS);
        assertThat(run.engine().isClosed()).isTrue();
    }

    @Test
    void printsWhatWasHeldBackForAStopString() {
        FakeEngineRun run = new FakeEngineRun();
        run.engine().holdingBack();

        run.cli().run("generate", "-p", "Once");
        assertThat(run.cli().out()).isEqualTo("Hello." + System.lineSeparator());
    }

    @Test
    void showsThePromptOnATerminal() {
        Cli cli = new Cli().onTerminal();
        cli.run("generate", "-p", "Once");
        assertThat(cli.err()).contains("Once");
        assertThat(cli.out()).isEqualTo("Hello." + System.lineSeparator());
    }

    @Test
    void cutsItsOwnDefaultToTheContextButNotTheUsersWish() {
        FakeEngineRun run = new FakeEngineRun();
        String prompt = "x".repeat(200);

        assertThat(run.cli().run("generate", "-p", prompt)).isEqualTo(0);
        assertThat(run.engine().lastRequest().maxTokens()).isEqualTo(55);
        assertThat(new Cli().run("generate", "-p", prompt, "-n", "128")).isEqualTo(2);
    }

    @Test
    void printsOneJsonObject() throws IOException {
        FakeEngineRun run = new FakeEngineRun();
        assertThat(run.cli().run("generate", "-p", "Hi", "-n", "3", "--json")).isEqualTo(0);

        JsonNode json = run.cli().json();
        assertThat(json.path("text").asText()).isEqualTo("Hel");
        assertThat(json.path("token_ids")).hasSize(3);
        assertThat(json.path("prompt_token_ids").toString()).isEqualTo("[256,72,105]");
        assertThat(json.path("finish_reason").asText()).isEqualTo("length");
        assertThat(json.at("/usage/prompt_tokens").asInt()).isEqualTo(3);
        assertThat(json.at("/usage/completion_tokens").asInt()).isEqualTo(3);
        assertThat(json.at("/usage/total_tokens").asInt()).isEqualTo(6);
        assertThat(json.at("/timings/prefill_tokens_per_second").asDouble()).isEqualTo(300);
        assertThat(json.at("/timings/decode_tokens_per_second").asDouble()).isEqualTo(100);
        assertThat(json.at("/timings/time_to_first_token_ms").asDouble()).isEqualTo(11);
        assertThat(json.path("backend").asText()).isEqualTo("fake-backend");
        assertThat(json.path("model").asText()).isEqualTo(FakeEngine.NAME);
        assertThat(json.has("seed")).isFalse();
        assertThat(json.has("logits_sha256")).isFalse();
        assertThat(run.cli().out().lines()).hasSize(1);
    }

    @Test
    void takesEverySamplingOption() {
        FakeEngineRun run = new FakeEngineRun();
        int code = run.cli()
                .run("generate -p x --temperature 0.5 --top-k 40 --top-p 0.9 --min-p 0.05 --repetition-penalty 1.1"
                        .concat(
                                " --frequency-penalty 0.2 --presence-penalty=-0.3 --logit-bias 65=-100 --logit-bias 66=2.5")
                        .concat(
                                " --logit-bias 67=-Infinity --stop END --stop . --seed -7 --ignore-eos --special -n 4 --json")
                        .concat(" --logprobs 2")
                        .split(" "));

        assertThat(code).as(run.cli().err()).isEqualTo(0);
        assertThat(run.engine().lastRequest().sampling())
                .isEqualTo(SamplingOptions.builder()
                        .temperature(0.5f)
                        .topK(40)
                        .topP(0.9f)
                        .minP(0.05f)
                        .repetitionPenalty(1.1f)
                        .frequencyPenalty(0.2f)
                        .presencePenalty(-0.3f)
                        .logitBias(Map.of(65, -100f, 66, 2.5f, 67, Float.NEGATIVE_INFINITY))
                        .seed(-7)
                        .logprobs(2)
                        .build());
        assertThat(run.engine().lastRequest().stop()).containsExactly("END", ".");
        assertThat(run.engine().lastRequest().ignoreEndOfGeneration()).isTrue();
        assertThat(run.engine().lastRequest().renderControl()).isTrue();
        assertThat(run.cli().out())
                .contains("\"seed\":-7", "\"logprobs\":[{\"id\":72,\"token\":\"H\",\"logprob\":-0.25");
    }

    @Test
    void drawsASeedAndSaysWhich() throws IOException {
        FakeEngineRun run = new FakeEngineRun();
        run.cli().run("generate", "-p", "x", "--temperature", "1", "--json");

        long seed = run.engine().lastRequest().sampling().seed();
        assertThat(run.cli().json().path("seed").asLong()).isEqualTo(seed);
        assertThat(run.cli().err()).contains("seed " + seed);
    }

    @Test
    void recognisesSpecialTokensOnlyIfAsked() {
        FakeEngineRun plain = new FakeEngineRun();
        plain.cli().run("generate", "-p", "<|eot|>");
        assertThat(plain.engine().lastRequest().prompt()).doesNotContain(FakeTokenizer.EOT);
        FakeEngineRun special = new FakeEngineRun();
        special.cli().run("generate", "-p", "<|eot|>", "--special");
        assertThat(special.engine().lastRequest().prompt()).contains(FakeTokenizer.EOT);
    }

    @Test
    void recordsLogits(@TempDir Path folder) throws Exception {
        Path file = folder.resolve("logits.bin");
        Files.write(file, new byte[100_000]);
        FakeEngineRun run = new FakeEngineRun();
        run.cli().run("generate", "-p", "x", "-n", "2", "--json", "--logits-hash", "--logits", file.toString());

        byte[] bytes = Files.readAllBytes(file);
        assertThat(bytes).hasSize(2 * FakeTokenizer.SIZE * 4);
        float[] second = new float[FakeTokenizer.SIZE];
        ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(FakeTokenizer.SIZE, second);
        assertThat(second['e']).isEqualTo(2f);
        JsonNode hashes = run.cli().json().path("logits_sha256");
        assertThat(hashes).hasSize(2);
        byte[] half = Arrays.copyOfRange(bytes, bytes.length / 2, bytes.length);
        assertThat(hashes.get(1).asText())
                .isEqualTo(HexFormat.of()
                        .formatHex(MessageDigest.getInstance("SHA-256").digest(half)));
    }

    @Test
    void saysWhyLogitsCannotBeWritten(@TempDir Path folder) {
        Cli cli = new Cli();
        assertThat(cli.run("generate", "-p", "x", "--logits", folder.toString()))
                .isEqualTo(1);
        assertThat(cli.err()).contains(folder.toString());
    }

    @Test
    void passesModelBackendThreadsAndContext() {
        FakeEngineRun run = new FakeEngineRun();
        run.cli().run("generate", "-p", "x", "-m", "some.gguf", "--backend", "scalar", "--threads", "3", "-c", "99");

        assertThat(run.engine().options().model()).contains(Path.of("some.gguf"));
        assertThat(run.engine().options().backend()).contains("scalar");
        assertThat(run.engine().options().threads()).isEqualTo(3);
        assertThat(run.engine().options().contextLength()).hasValue(99);
    }

    @Test
    void failsIfTheGenerationFails() {
        Cli cli = new Cli().with(new FakeEngine().failingAt(1));
        assertThat(cli.run("generate", "-p", "x")).isEqualTo(1);
        assertThat(cli.err()).contains("told to fail");
    }
}
