package org.ryzanstein.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.ryzanstein.api.kernel.UnsupportedWeightsException;
import org.ryzanstein.api.provider.ProviderReport;
import org.ryzanstein.api.provider.ProviderUnavailableException;
import org.ryzanstein.loader.engine.GenerationException;
import org.ryzanstein.loader.format.ModelFormatException;

/** Help, usage errors, and what failures become. */
class MainTest {
    @Test
    void printsNameAndVersion() {
        Cli cli = new Cli();
        assertThat(cli.run("--version")).isEqualTo(0);
        assertThat(cli.out()).startsWith("ryzanstein ");
    }

    @Test
    void helpNamesEveryCommand() {
        Cli cli = new Cli();
        assertThat(cli.run("--help")).isEqualTo(0);
        assertThat(cli.out())
                .contains(
                        "generate",
                        "chat",
                        "serve",
                        "perplexity",
                        "tokenize",
                        "inspect",
                        "synthesize",
                        "bench",
                        "backends",
                        "doctor");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "generate",
                "chat",
                "serve",
                "perplexity",
                "tokenize",
                "inspect",
                "synthesize",
                "bench",
                "backends",
                "doctor"
            })
    void everyCommandHasHelp(String command) {
        Cli cli = new Cli();
        assertThat(cli.run(command, "--help")).isEqualTo(0);
        assertThat(cli.out()).contains("Usage: ryzanstein " + command);
        assertThat(cli.err()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "nonsense",
                "generate",
                "generate -p x --nonsense",
                "generate -p x -n many",
                "generate -p x -n -1",
                "generate -p x -n 1000",
                "generate -p x --temperature 3",
                "generate -p x --top-p 2",
                "generate -p x --threads 0",
                "generate -p x -c 0",
                "generate -p x --logprobs 3",
                "generate -p x --logits-hash",
                "generate -p x --json --logprobs 21",
                "generate -p x --logit-bias a=b",
                "generate -p x --logit-bias 1=200",
                "serve --port 70000",
                "serve --max-sequences 0",
                "tokenize",
                "inspect",
                "perplexity",
                "bench --suite nonsense",
                "bench --threads 0",
                "bench --repetitions 0",
                "bench --prompt-tokens -1",
                "bench --warmup -1",
                "synthesize x.gguf --shape bitnet-tiny-long",
                "synthesize x.gguf --shape nonsense --type TQ2_0",
                "synthesize x.gguf --shape bitnet-tiny-long --type Q4_K",
                "synthesize x.gguf --shape bitnet-tiny-long --type nonsense",
                "synthesize x.gguf --shape bitnet-tiny-long --type TQ2_0 --head Q2_K"
            })
    void refusesWrongUsage(String line) {
        Cli cli = new Cli();
        assertThat(cli.run(line.isEmpty() ? new String[0] : line.split(" "))).isEqualTo(2);
        assertThat(cli.out()).isEmpty();
        assertThat(cli.err()).contains("ryzanstein: ");
    }

    private static String fail(RuntimeException failure, int code) {
        Cli cli = new Cli().opening(options -> {
            throw failure;
        });
        assertThat(cli.run("generate", "-p", "x", "--backend", "scalar")).isEqualTo(code);
        assertThat(cli.out()).isEmpty();
        return cli.err();
    }

    @Test
    void failuresHaveTheirExitCodes() {
        ProviderReport report = new ProviderReport(ProviderReport.Kind.KERNEL, Optional.empty(), List.of());
        assertThat(fail(new ModelFormatException("a.gguf: damaged"), 3)).isEqualTo("ryzanstein: a.gguf: damaged\n");
        assertThat(fail(new UnsupportedWeightsException("no kernel for it"), 3)).contains("no kernel for it");
        assertThat(fail(new ProviderUnavailableException("no such backend", report), 4))
                .contains("no such backend");
        assertThat(fail(new GenerationException("broken"), 1)).contains("broken");
        assertThat(fail(new UncheckedIOException("can't copy", new IOException("disk full")), 1))
                .contains("can't copy: disk full");
        assertThat(fail(new IllegalStateException("a mistake of ours"), 1)).contains("a mistake of ours", "\tat ");
        assertThat(fail(new NullPointerException(), 1)).contains("NullPointerException");
    }

    @Test
    void anAtSignInAPromptIsNoFileName() {
        FakeEngineRun run = new FakeEngineRun();
        assertThat(run.cli().run("generate", "-p", "@home")).isEqualTo(0);
        assertThat(run.prompt()).isEqualTo("@home");
    }

    @Test
    void coloursErrorsOnATerminalOnly() {
        Cli plain = new Cli();
        plain.run("nonsense");
        Cli terminal = new Cli().onTerminal();
        terminal.run("nonsense");
        assertThat(plain.err()).doesNotContain("\u001b");
        assertThat(terminal.err()).contains("\u001b[31mryzanstein: ");
    }

    @Test
    void theProcessKnowsItsStreams() {
        CliEnvironment environment = CliEnvironment.ofProcess();
        assertThat(environment.colours() && !environment.terminals().err()).isFalse();
    }
}
