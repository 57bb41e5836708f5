package org.ryzanstein.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import org.jline.terminal.Terminal;
import org.jline.terminal.impl.DumbTerminal;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.ryzanstein.loader.sampling.SamplingOptions;
import org.ryzanstein.server.chat.ChatMessage;
import org.ryzanstein.server.fake.FakeEngine;
import org.ryzanstein.server.fake.FakeTokenizer;

@Timeout(60)
class ChatCommandTest {
    private static final String TEMPLATE =
            "{% for m in messages %}{{ m.role }}: {{ m.content }}<|eot|>{% endfor %}assistant: ";

    private static String prompt(FakeEngine engine) {
        return new FakeTokenizer().decode(engine.lastRequest().prompt(), true);
    }

    @Test
    void remembersTheConversation() {
        FakeEngine engine = new FakeEngine().withTemplate(TEMPLATE).withContext(1000);
        Cli cli = new Cli().with(engine).typing("Hi\n\nAgain\n");

        assertThat(cli.run("chat", "--system", "Be kind.", "--seed", "5")).isEqualTo(0);
        assertThat(cli.out()).isEqualTo("Hello.\nHello.\n".replace("\n", System.lineSeparator()));
        assertThat(prompt(engine))
                .isEqualTo(
                        "<|bos|>system: Be kind.<|eot|>user: Hi<|eot|>assistant: Hello.<|eot|>user: Again<|eot|>assistant: ");
        assertThat(engine.requests()).extracting(r -> r.sampling().seed()).containsExactly(5L, 6L);
        assertThat(engine.requests().getFirst().sampling().temperature()).isEqualTo(0.7f);
        assertThat(cli.err()).contains("seed 5");
    }

    @Test
    void forgetsIfToldTo() {
        FakeEngine engine = new FakeEngine().withTemplate(TEMPLATE).withContext(1000);
        Cli cli = new Cli().with(engine).typing("One\n/clear\n/help\nTwo\n/exit\nThree\n");

        assertThat(cli.run("chat", "--temperature", "0")).isEqualTo(0);
        assertThat(prompt(engine)).isEqualTo("<|bos|>user: Two<|eot|>assistant: ");
        assertThat(engine.requests()).hasSize(2);
        assertThat(cli.err()).contains("forgotten", "Ctrl-D").doesNotContain("seed");
    }

    @Test
    void anOverflowCostsTheTurnButNotTheConversation() {
        FakeEngine engine = new FakeEngine().withTemplate(TEMPLATE).withContext(60);
        Cli cli = new Cli().with(engine).typing("x".repeat(100) + "\nHi\n");

        assertThat(cli.run("chat", "-n", "3")).isEqualTo(0);
        assertThat(cli.err()).contains("/clear starts anew", "cut at 3 tokens");
        assertThat(prompt(engine)).isEqualTo("<|bos|>user: Hi<|eot|>assistant: ");
    }

    @Test
    void aFailedAnswerCostsTheTurn() {
        Cli cli = new Cli().with(new FakeEngine().failingAt(2)).typing("Hi\n");
        assertThat(cli.run("chat")).isEqualTo(0);
        assertThat(cli.err()).contains("told to fail");
    }

    @Test
    void refusesAModelWithoutTemplate() {
        Cli cli = new Cli().with(new FakeEngine().withTemplate("")).typing("Hi\n");
        assertThat(cli.run("chat")).isEqualTo(1);
        assertThat(cli.err()).contains("no chat template");
    }

    @Test
    void anInterruptStopsTheAnswerAndTheConversationGoesOn() throws Exception {
        Semaphore gate = new Semaphore(2);
        FakeEngine engine =
                new FakeEngine().withTemplate(TEMPLATE).withContext(1000).gated(gate);
        Cli cli = new Cli().with(engine);
        AtomicInteger line = new AtomicInteger();
        LineSource lines = new LineSource() {
            @Override
            public @Nullable String next(String prompt) {
                return line.incrementAndGet() <= 2 ? "Line " + line.get() : null;
            }

            @Override
            public void onInterrupt(@Nullable Runnable action) {
                if (action != null && line.get() == 1) {
                    action.run();
                } else if (action != null) {
                    gate.release(1000);
                }
            }

            @Override
            public void close() {}
        };
        new ChatSession(
                        cli.environment(),
                        engine,
                        lines,
                        new SamplingArguments(),
                        SamplingOptions.greedy(),
                        100,
                        List.<ChatMessage>of())
                .run();

        assertThat(cli.err()).contains("(stopped)");
        assertThat(engine.requests()).hasSize(2);
        assertThat(cli.out()).endsWith("Hello." + System.lineSeparator());
    }

    @Test
    void readsLinesOfATerminal() throws Exception {
        PipedOutputStream keys = new PipedOutputStream();
        ByteArrayOutputStream screen = new ByteArrayOutputStream();
        Terminal terminal =
                new DumbTerminal("test", "dumb", new PipedInputStream(keys), screen, StandardCharsets.UTF_8);
        try (TerminalLines lines = new TerminalLines(terminal)) {
            keys.write("Grüße!\n".getBytes(StandardCharsets.UTF_8));
            keys.flush();
            assertThat(lines.next("> ")).isEqualTo("Grüße!");

            AtomicInteger interrupts = new AtomicInteger();
            terminal.raise(Terminal.Signal.INT);
            lines.onInterrupt(interrupts::incrementAndGet);
            terminal.raise(Terminal.Signal.INT);
            lines.onInterrupt(null);
            terminal.raise(Terminal.Signal.INT);
            assertThat(interrupts).hasValue(1);

            keys.close();
            assertThat(lines.next("> ")).isNull();
        }
    }

    @Test
    void readsLinesOfAPipe() throws Exception {
        try (PipedLines lines = new PipedLines(new ByteArrayInputStream("ü\n".getBytes(StandardCharsets.UTF_8)))) {
            lines.onInterrupt(null);
            assertThat(lines.next("> ")).isEqualTo("ü");
            assertThat(lines.next("> ")).isNull();
        }
    }
}
