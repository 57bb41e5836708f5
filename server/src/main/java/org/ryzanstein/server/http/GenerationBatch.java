package org.ryzanstein.server.http;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.ryzanstein.loader.engine.Engine;
import org.ryzanstein.loader.engine.GeneratedToken;
import org.ryzanstein.loader.engine.Generation;
import org.ryzanstein.loader.engine.GenerationListener;
import org.ryzanstein.loader.engine.GenerationRequest;
import org.ryzanstein.loader.engine.GenerationResult;

/**
 * The generations of one HTTP request. Their events come in one queue, those of one choice in order; the thread that serves
 * the request takes them out and looks now and then whether its client is still there. Closing cancels what still runs.
 */
final class GenerationBatch implements AutoCloseable {
    /** Something happened to one of the choices. */
    sealed interface Event {
        /** A choice has grown. */
        record Token(int choice, GeneratedToken token) implements Event {}

        /** A choice is complete. */
        record Finished(int choice, GenerationResult result) implements Event {}

        /** All is lost. */
        record Failed(RuntimeException failure) implements Event {}
    }

    private static final long PROBE_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

    private final ClientConnection client;
    private final InFlight inFlight;
    private final BlockingQueue<Event> events = new LinkedBlockingQueue<>();
    private final List<Generation> generations = new ArrayList<>();
    private long nextProbe = System.nanoTime() + PROBE_NANOS;

    private GenerationBatch(ClientConnection client, InFlight inFlight) {
        this.client = client;
        this.inFlight = inFlight;
    }

    /**
     * Submits all requests, or none.
     *
     * @throws org.ryzanstein.loader.engine.InvalidRequestException if the engine refuses one
     */
    static GenerationBatch submit(
            Engine engine, List<GenerationRequest> requests, ClientConnection client, InFlight inFlight) {
        GenerationBatch batch = new GenerationBatch(client, inFlight);
        inFlight.add(batch);
        try {
            for (int choice = 0; choice < requests.size(); choice++) {
                batch.generations.add(engine.submit(requests.get(choice), batch.listener(choice)));
            }
            return batch;
        } catch (RuntimeException e) {
            batch.close();
            throw e;
        }
    }

    int size() {
        return generations.size();
    }

    /**
     * The next event; waits for it.
     *
     * @throws ClientGoneException if the client has closed its connection
     */
    Event next() throws ClientGoneException, InterruptedException {
        while (true) {
            long now = System.nanoTime();
            if (nextProbe - now <= 0) {
                if (client.isGone()) {
                    throw new ClientGoneException("the client closed its connection");
                }
                nextProbe = now + PROBE_NANOS;
            }
            Event event = events.poll(nextProbe - now, TimeUnit.NANOSECONDS);
            if (event != null) {
                return event;
            }
        }
    }

    /** Ends the request from outside: the serving thread finds this failure next or after what is queued. */
    void abort(RuntimeException reason) {
        events.add(new Event.Failed(reason));
    }

    @Override
    public void close() {
        generations.forEach(Generation::cancel);
        inFlight.remove(this);
    }

    private GenerationListener listener(int choice) {
        return new GenerationListener() {
            @Override
            public void token(GeneratedToken token) {
                events.add(new Event.Token(choice, token));
            }

            @Override
            public void finished(GenerationResult result) {
                events.add(new Event.Finished(choice, result));
            }

            @Override
            public void failed(RuntimeException failure) {
                events.add(new Event.Failed(failure));
            }
        };
    }
}
