package org.ryzanstein.server.http;

import io.javalin.http.Context;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.ryzanstein.loader.engine.Engine;
import org.ryzanstein.loader.engine.GenerationRequest;
import org.ryzanstein.loader.engine.GenerationResult;
import org.ryzanstein.server.http.GenerationBatch.Event;
import org.ryzanstein.server.http.dto.Usage;

/** Runs the generations of a request and writes its answer, whole or as a stream. */
final class Responder {
    private final InFlight inFlight;

    Responder(InFlight inFlight) {
        this.inFlight = inFlight;
    }

    /**
     * Answers a request.
     *
     * @param requests one a choice
     * @param promptTokens of all prompts, each counted once
     */
    void answer(
            Context context,
            Engine engine,
            List<GenerationRequest> requests,
            int promptTokens,
            AnswerFormat format,
            Streaming streaming)
            throws ClientGoneException, InterruptedException {
        ClientConnection client = ClientConnection.of(context.req());
        try (GenerationBatch batch = GenerationBatch.submit(engine, requests, client, inFlight)) {
            if (streaming.stream()) {
                stream(context, batch, promptTokens, format, streaming.includeUsage());
            } else {
                List<GenerationResult> results = collect(batch);
                byte[] body = Json.bytes(format.whole(results, usage(promptTokens, results)));
                context.contentType("application/json").result(body);
            }
        }
    }

    private static List<GenerationResult> collect(GenerationBatch batch)
            throws ClientGoneException, InterruptedException {
        Results results = new Results(batch.size());
        while (!results.complete()) {
            switch (batch.next()) {
                case Event.Token token -> {}
                case Event.Finished(int choice, GenerationResult result) -> results.put(choice, result);
                case Event.Failed(RuntimeException failure) -> throw failure;
            }
        }
        return results.all();
    }

    private static void stream(
            Context context, GenerationBatch batch, int promptTokens, AnswerFormat format, boolean includeUsage)
            throws ClientGoneException, InterruptedException {
        // A failure before the first event still has a status of its own.
        Event event = batch.next();
        if (event instanceof Event.Failed(RuntimeException failure)) {
            throw failure;
        }
        EventStream out = EventStream.open(context);
        try {
            for (int choice = 0; choice < batch.size(); choice++) {
                send(out, format.opening(choice));
            }
            Results results = new Results(batch.size());
            while (true) {
                switch (event) {
                    case Event.Token token -> send(out, format.token(token.choice(), token.token()));
                    case Event.Finished(int choice, GenerationResult result) -> {
                        results.put(choice, result);
                        out.send(format.closing(choice, result));
                    }
                    case Event.Failed(RuntimeException failure) -> throw failure;
                }
                if (results.complete()) {
                    break;
                }
                event = batch.next();
            }
            if (includeUsage) {
                out.send(format.usage(usage(promptTokens, results.all())));
            }
            out.done();
        } catch (RuntimeException failure) {
            // The status is sent; an error event takes the place of the end.
            out.send(Errors.body(Errors.toApi(failure)));
        }
    }

    private static void send(EventStream out, Optional<Object> chunk) throws ClientGoneException {
        if (chunk.isPresent()) {
            out.send(chunk.get());
        }
    }

    private static Usage usage(int promptTokens, List<GenerationResult> results) {
        return Usage.of(
                promptTokens,
                results.stream().mapToInt(result -> result.tokens().size()).sum());
    }

    /** Whether and how the answer is streamed. */
    record Streaming(boolean stream, boolean includeUsage) {}

    /** Results by choice, as they come. */
    private static final class Results {
        private final SortedMap<Integer, GenerationResult> results = new TreeMap<>();
        private final int size;

        Results(int size) {
            this.size = size;
        }

        void put(int choice, GenerationResult result) {
            results.put(choice, result);
        }

        boolean complete() {
            return results.size() == size;
        }

        List<GenerationResult> all() {
            return List.copyOf(results.values());
        }
    }
}
