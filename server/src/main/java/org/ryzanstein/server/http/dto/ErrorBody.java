package org.ryzanstein.server.http.dto;

import org.jspecify.annotations.Nullable;

/** An error answer. */
public record ErrorBody(Detail error) {
    /**
     * The error.
     *
     * @param type its family, such as {@code invalid_request_error}
     * @param param the field of the request that is at fault
     * @param code a fixed word for programs, such as {@code context_length_exceeded}
     */
    public record Detail(
            String message,
            String type,
            @Nullable String param,
            @Nullable String code) {}
}
