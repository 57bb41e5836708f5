package org.ryzanstein.loader.engine;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;

/**
 * Hands one request's events from the step loop to its listener, on a virtual thread of its own, and is the request's handle.
 * The queue is bounded by the request's most tokens, so that the loop never waits for a listener.
 */
final class Delivery implements Generation, Runnable {
    private static final Logger LOG = System.getLogger(Delivery.class.getName());

    private sealed interface Event {
        record Token(GeneratedToken token) implements Event {}

        record Finished(GenerationResult result) implements Event {}

        record Failed(RuntimeException failure) implements Event {}
    }

    private final GenerationListener listener;
    private final Runnable wakeLoop;
    private final boolean listens;
    private final LinkedBlockingQueue<Event> events = new LinkedBlockingQueue<>();
    private final CompletableFuture<GenerationResult> end = new CompletableFuture<>();
    private volatile boolean cancelled;

    Delivery(GenerationListener listener, Runnable wakeLoop) {
        this.listener = listener;
        this.wakeLoop = wakeLoop;
        listens = !GenerationListener.NONE.equals(listener);
    }

    void start() {
        Thread.ofVirtual().name("ryzanstein-delivery").start(this);
    }

    /** Where nobody listens, no thread is woken for it. */
    void token(GeneratedToken token) {
        if (listens) {
            events.add(new Event.Token(token));
        }
    }

    void finished(GenerationResult result) {
        events.add(new Event.Finished(result));
    }

    void failed(RuntimeException failure) {
        events.add(new Event.Failed(failure));
    }

    boolean isCancelled() {
        return cancelled;
    }

    @Override
    public void run() {
        try {
            while (deliver(events.take())) {
                // The end of the generation ends the loop.
            }
        } catch (InterruptedException e) {
            cancel();
            end.completeExceptionally(new GenerationException("delivery was interrupted", e));
        }
    }

    /** Returns whether more is to come. */
    private boolean deliver(Event event) {
        switch (event) {
            case Event.Token(GeneratedToken token) -> {
                if (!cancelled) {
                    guarded(() -> listener.token(token));
                }
                return true;
            }
            case Event.Finished(GenerationResult result) -> {
                guarded(() -> listener.finished(result));
                end.complete(result);
            }
            case Event.Failed(RuntimeException failure) -> {
                guarded(() -> listener.failed(failure));
                end.completeExceptionally(failure);
            }
        }
        return false;
    }

    private void guarded(Runnable call) {
        try {
            call.run();
        } catch (RuntimeException | Error e) {
            LOG.log(Level.WARNING, "a generation's listener failed; the generation is cancelled", e);
            cancel();
        }
    }

    @Override
    public void cancel() {
        cancelled = true;
        wakeLoop.run();
    }

    @Override
    public boolean isDone() {
        return end.isDone();
    }

    @Override
    public GenerationResult await() throws InterruptedException {
        try {
            return end.get();
        } catch (ExecutionException e) {
            Throwable cause = e.getCause() == null ? e : e.getCause();
            throw new GenerationException(String.valueOf(cause.getMessage()), cause);
        }
    }
}
