package org.ryzanstein.server.cli;

import java.util.concurrent.TimeUnit;

/**
 * Shows how far long work has come on standard error: a bar on a terminal, a line now and then elsewhere, and nothing for
 * work that is done at once.
 */
final class ProgressBar implements AutoCloseable {
    private static final int WIDTH = 30;
    private static final long BAR_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
    private static final long LINE_NANOS = TimeUnit.SECONDS.toNanos(10);

    private final CliEnvironment environment;
    private final long interval;
    private long next;
    private boolean shown;
    private boolean closed;

    ProgressBar(CliEnvironment environment) {
        this(environment, environment.terminals().err() ? BAR_NANOS : LINE_NANOS);
    }

    /** A bar that is drawn anew after so many nanoseconds, not before. */
    ProgressBar(CliEnvironment environment, long interval) {
        this.environment = environment;
        this.interval = interval;
        this.next = System.nanoTime() + interval;
    }

    synchronized void progress(String stage, long done, long total) {
        long now = System.nanoTime();
        if (closed || now - next < 0 || total <= 0) {
            return;
        }
        next = now + interval;
        int percent = (int) Math.clamp(done * 100.0 / total, 0, 100);
        if (environment.terminals().err()) {
            int filled = percent * WIDTH / 100;
            String bar = "=".repeat(filled) + " ".repeat(WIDTH - filled);
            environment.err().print("\r" + stage + " [" + bar + "] " + percent + " %\u001b[K");
            environment.err().flush();
            shown = true;
        } else {
            environment.say(stage + ": " + percent + " %");
        }
    }

    /** Removes the bar; nothing is shown any more. */
    @Override
    public synchronized void close() {
        closed = true;
        if (shown) {
            environment.err().print("\r\u001b[K");
            environment.err().flush();
            shown = false;
        }
    }
}
