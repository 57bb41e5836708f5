package org.ryzanstein.server.http;

import java.time.Instant;
import org.ryzanstein.loader.engine.Engine;
import org.ryzanstein.server.chat.ChatPrompts;

/**
 * The model that this server answers with.
 *
 * @param id its name in the API
 * @param loaded when it was ready
 */
record ServedModel(Engine engine, String id, Instant loaded, ChatPrompts chat) {
    static ServedModel of(Engine engine) {
        return new ServedModel(engine, engine.model().name(), Instant.now(), ChatPrompts.of(engine));
    }

    int contextLength() {
        return engine.model().contextLength();
    }

    /**
     * Checks the model that a request names; none is this one.
     *
     * @throws ApiException 404 if it is another one
     */
    void require(Fields request) {
        request.text("model").ifPresent(this::require);
    }

    void require(String name) {
        if (!name.equals(id)) {
            throw new ApiException(
                    404,
                    ApiException.INVALID_REQUEST,
                    "model",
                    "model_not_found",
                    "model: found " + Fields.quote(name) + ", which is not served here; expected '" + id + "'");
        }
    }
}
