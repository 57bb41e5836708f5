package org.ryzanstein.server.http;

import org.jspecify.annotations.Nullable;

/** A request that is answered by an error in OpenAI's shape. */
final class ApiException extends RuntimeException {
    static final String INVALID_REQUEST = "invalid_request_error";
    private static final String SERVER_ERROR = "server_error";
    private static final long serialVersionUID = 1L;

    private final int status;
    private final String type;
    private final @Nullable String param;
    private final @Nullable String code;

    ApiException(int status, String type, @Nullable String param, @Nullable String code, String message) {
        super(message);
        this.status = status;
        this.type = type;
        this.param = param;
        this.code = code;
    }

    /** 400, naming the field; the message repeats it. */
    static ApiException invalid(String param, String problem) {
        return new ApiException(400, INVALID_REQUEST, param, null, param + ": " + problem);
    }

    /** 400, for a field that this server does not support. */
    static ApiException unsupported(String param, String problem) {
        return new ApiException(400, INVALID_REQUEST, param, "unsupported_parameter", param + ": " + problem);
    }

    /** A request that is wrong as a whole. */
    static ApiException request(int status, @Nullable String code, String message) {
        return new ApiException(status, INVALID_REQUEST, null, code, message);
    }

    /** 503: nothing is wrong with the request. */
    static ApiException unavailable(String code, String message) {
        return new ApiException(503, SERVER_ERROR, null, code, message);
    }

    /** 500. */
    static ApiException failed(String message) {
        return new ApiException(500, SERVER_ERROR, null, null, message);
    }

    int status() {
        return status;
    }

    String type() {
        return type;
    }

    @Nullable
    String param() {
        return param;
    }

    @Nullable
    String code() {
        return code;
    }
}
