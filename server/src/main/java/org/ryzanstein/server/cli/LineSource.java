package org.ryzanstein.server.cli;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** Where a conversation's lines come from. */
interface LineSource extends AutoCloseable {
    /** The next line, null at the end; an empty line where the user gave this one up. */
    @Nullable
    String next(String prompt) throws IOException;

    /** What Ctrl-C does from now on while no line is being read; null: nothing. */
    void onInterrupt(@Nullable Runnable action);

    @Override
    void close() throws IOException;
}
