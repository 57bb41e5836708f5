package org.ryzanstein.server.http;

import io.javalin.http.Context;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;

/** Server-sent events: one JSON object an event, each flushed, {@code [DONE]} at the end. */
final class EventStream {
    private static final byte[] PREFIX = "data: ".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] SUFFIX = "\n\n".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] DONE = "[DONE]".getBytes(StandardCharsets.US_ASCII);

    private final OutputStream out;

    private EventStream(OutputStream out) {
        this.out = out;
    }

    /** Begins the response. */
    static EventStream open(Context context) throws ClientGoneException {
        context.status(200);
        context.contentType("text/event-stream; charset=utf-8");
        context.header("Cache-Control", "no-cache");
        context.header("X-Accel-Buffering", "no");
        try {
            return new EventStream(context.res().getOutputStream());
        } catch (IOException e) {
            throw gone(e);
        }
    }

    void send(Object value) throws ClientGoneException {
        write(Json.bytes(value));
    }

    void done() throws ClientGoneException {
        write(DONE);
    }

    private void write(byte[] data) throws ClientGoneException {
        byte[] event = new byte[PREFIX.length + data.length + SUFFIX.length];
        System.arraycopy(PREFIX, 0, event, 0, PREFIX.length);
        System.arraycopy(data, 0, event, PREFIX.length, data.length);
        System.arraycopy(SUFFIX, 0, event, PREFIX.length + data.length, SUFFIX.length);
        try {
            out.write(event);
            out.flush();
        } catch (IOException e) {
            throw gone(e);
        }
    }

    private static ClientGoneException gone(IOException e) {
        return new ClientGoneException("the client can't be written to: " + e.getMessage());
    }
}
