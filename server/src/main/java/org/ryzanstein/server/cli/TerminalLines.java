package org.ryzanstein.server.cli;

import java.io.IOException;
import org.jline.reader.EndOfFileException;
import org.jline.reader.LineReader;
import org.jline.reader.LineReaderBuilder;
import org.jline.reader.UserInterruptException;
import org.jline.terminal.Terminal;
import org.jspecify.annotations.Nullable;

/** Lines typed at a terminal, with editing and the session's history. */
final class TerminalLines implements LineSource {
    private final Terminal terminal;
    private final LineReader reader;
    private volatile @Nullable Runnable interruptAction;

    TerminalLines(Terminal terminal) {
        this.terminal = terminal;
        this.reader = LineReaderBuilder.builder()
                .terminal(terminal)
                .option(LineReader.Option.DISABLE_EVENT_EXPANSION, true)
                .option(LineReader.Option.BRACKETED_PASTE, true)
                .build();
        terminal.handle(Terminal.Signal.INT, signal -> interrupted());
    }

    private void interrupted() {
        Runnable action = interruptAction;
        if (action != null) {
            action.run();
        }
    }

    @Override
    public @Nullable String next(String prompt) {
        try {
            return reader.readLine(prompt);
        } catch (UserInterruptException e) {
            return "";
        } catch (EndOfFileException e) {
            return null;
        }
    }

    @Override
    public void onInterrupt(@Nullable Runnable action) {
        interruptAction = action;
    }

    @Override
    public void close() throws IOException {
        terminal.close();
    }
}
