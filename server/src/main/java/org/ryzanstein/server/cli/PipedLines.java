package org.ryzanstein.server.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Lines of a file or pipe. */
final class PipedLines implements LineSource {
    private final BufferedReader reader;

    PipedLines(InputStream in) {
        reader = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8));
    }

    @Override
    public @Nullable String next(String prompt) throws IOException {
        return reader.readLine();
    }

    @Override
    public void onInterrupt(@Nullable Runnable action) {}

    @Override
    public void close() throws IOException {
        reader.close();
    }
}
