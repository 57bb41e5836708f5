package org.ryzanstein.server.http.dto;

import com.fasterxml.jackson.annotation.JsonInclude;
import org.jspecify.annotations.Nullable;

/**
 * How the server is.
 *
 * @param status live, ready, loading, failed or stopping
 * @param detail why it is not ready
 */
public record Health(
        String status,
        @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable String detail) {}
