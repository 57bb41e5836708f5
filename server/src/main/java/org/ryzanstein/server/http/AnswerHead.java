package org.ryzanstein.server.http;

import java.time.Instant;
import java.util.UUID;

/**
 * What all objects of one answer share.
 *
 * @param created in seconds since 1970
 * @param fingerprint names the program and the backend that computed the answer
 */
record AnswerHead(String id, long created, String model, String fingerprint) {
    static AnswerHead create(String prefix, ServedModel model) {
        return new AnswerHead(
                prefix + UUID.randomUUID().toString().replace("-", ""),
                Instant.now().getEpochSecond(),
                model.id(),
                "ryzanstein-" + model.engine().backend());
    }
}
