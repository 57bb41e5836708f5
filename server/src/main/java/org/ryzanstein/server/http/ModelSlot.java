package org.ryzanstein.server.http;

import org.ryzanstein.loader.engine.Engine;

/** Where the server finds its model: still loading, ready, failed to load, or no longer given out. Thread-safe. */
public final class ModelSlot {
    private sealed interface State {
        record Loading() implements State {}

        record Ready(ServedModel model) implements State {}

        record Failed(String reason) implements State {}

        record Stopping() implements State {}
    }

    private volatile State state = new State.Loading();

    /** Serves this engine from now on. It stays the caller's to close, after the server. */
    public synchronized void ready(Engine engine) {
        if (state instanceof State.Loading) {
            state = new State.Ready(ServedModel.of(engine));
        }
    }

    /** The model could not be loaded. */
    public synchronized void failed(String reason) {
        state = new State.Failed(reason);
    }

    synchronized void stopping() {
        state = new State.Stopping();
    }

    /**
     * The model.
     *
     * @throws ApiException 503 if there is none
     */
    ServedModel require() {
        return switch (state) {
            case State.Ready(ServedModel model) -> model;
            case State.Loading() ->
                throw ApiException.unavailable("model_loading", "the model is still being loaded; try again soon");
            case State.Failed(String reason) ->
                throw ApiException.unavailable("model_failed", "the model could not be loaded: " + reason);
            case State.Stopping() -> throw stoppingError();
        };
    }

    static ApiException stoppingError() {
        return ApiException.unavailable("server_stopping", "the server is stopping");
    }
}
