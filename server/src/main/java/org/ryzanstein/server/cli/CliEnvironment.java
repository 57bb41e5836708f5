package org.ryzanstein.server.cli;

import java.io.Console;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.InputStream;
import java.io.OutputStreamWriter;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;
import org.ryzanstein.loader.Ryzanstein;
import org.ryzanstein.loader.engine.Engine;
import org.ryzanstein.loader.engine.EngineOptions;

/**
 * What a command has around it. Standard output is UTF-8 whatever the locale, and carries results only.
 *
 * @param terminals which of the standard streams are terminals
 * @param colours whether messages are coloured
 * @param opener opens engines
 */
record CliEnvironment(
        InputStream in, PrintStream out, PrintStream err, Terminals terminals, boolean colours, EngineOpener opener) {
    /** Opens an engine. */
    @FunctionalInterface
    interface EngineOpener {
        Engine open(EngineOptions options);
    }

    /** Which of the standard streams are terminals. */
    record Terminals(boolean in, boolean out, boolean err) {
        static final Terminals NONE = new Terminals(false, false, false);

        static Terminals ofProcess() {
            return new Terminals(isTerminal(0), isTerminal(1), isTerminal(2));
        }

        /** Linux says so itself; elsewhere the JVM knows of input and output together. */
        private static boolean isTerminal(int descriptor) {
            Path link = Path.of("/proc/self/fd/" + descriptor);
            try {
                String target = link.toRealPath().toString();
                return target.startsWith("/dev/pts/") || target.startsWith("/dev/tty") || target.equals("/dev/console");
            } catch (java.io.IOException e) {
                return !link.toFile().exists()
                        && !Path.of("/proc/self/fd").toFile().exists()
                        && Optional.ofNullable(System.console())
                                .map(Console::isTerminal)
                                .orElse(false);
            }
        }
    }

    static CliEnvironment ofProcess() {
        Terminals terminals = Terminals.ofProcess();
        String noColour = System.getenv("NO_COLOR");
        boolean dumb = "dumb".equals(System.getenv("TERM"));
        return new CliEnvironment(
                new FileInputStream(FileDescriptor.in),
                new PrintStream(new FileOutputStream(FileDescriptor.out), true, StandardCharsets.UTF_8),
                new PrintStream(new FileOutputStream(FileDescriptor.err), true, StandardCharsets.UTF_8),
                terminals,
                terminals.err() && !dumb && (noColour == null || noColour.isEmpty()),
                Ryzanstein::open);
    }

    PrintWriter outWriter() {
        return new PrintWriter(new OutputStreamWriter(out, StandardCharsets.UTF_8), true);
    }

    PrintWriter errWriter() {
        return new PrintWriter(new OutputStreamWriter(err, StandardCharsets.UTF_8), true);
    }

    /** A message for people, on standard error. */
    void say(String message) {
        err.println(message);
    }

    /** The text in a colour, where colours are on. */
    String coloured(Colour colour, String text) {
        return colours ? colour.code() + text + Colour.RESET : text;
    }

    /** Colours of messages. */
    enum Colour {
        RED("\u001b[31m"),
        YELLOW("\u001b[33m"),
        GREEN("\u001b[32m"),
        DIM("\u001b[2m");

        static final String RESET = "\u001b[0m";

        private final String code;

        Colour(String code) {
            this.code = code;
        }

        String code() {
            return code;
        }
    }
}
