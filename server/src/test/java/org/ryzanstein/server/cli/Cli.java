package org.ryzanstein.server.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.ryzanstein.server.cli.CliEnvironment.EngineOpener;
import org.ryzanstein.server.cli.CliEnvironment.Terminals;
import org.ryzanstein.server.fake.FakeEngine;

/** Runs commands in this process and keeps what they print. */
final class Cli {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();
    private EngineOpener opener = options -> new FakeEngine().openedWith(options);
    private String input = "";
    private Terminals terminals = Terminals.NONE;
    private boolean colours;

    Cli with(FakeEngine engine) {
        opener = engine::openedWith;
        return this;
    }

    Cli opening(EngineOpener engines) {
        opener = engines;
        return this;
    }

    Cli typing(String text) {
        input = text;
        return this;
    }

    Cli onTerminal() {
        terminals = new Terminals(false, true, true);
        colours = true;
        return this;
    }

    CliEnvironment environment() {
        return new CliEnvironment(
                new ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8)),
                new PrintStream(out, true, StandardCharsets.UTF_8),
                new PrintStream(err, true, StandardCharsets.UTF_8),
                terminals,
                colours,
                opener);
    }

    int run(String... arguments) {
        return Main.run(environment(), arguments);
    }

    String out() {
        return out.toString(StandardCharsets.UTF_8);
    }

    String err() {
        return err.toString(StandardCharsets.UTF_8);
    }

    JsonNode json() throws IOException {
        return new ObjectMapper().readTree(out());
    }
}
