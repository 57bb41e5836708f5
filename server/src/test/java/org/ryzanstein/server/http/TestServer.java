package org.ryzanstein.server.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import okhttp3.Headers;
import okhttp3.MediaType;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.RequestBody;
import okhttp3.Response;
import org.jspecify.annotations.Nullable;
import org.ryzanstein.server.fake.FakeEngine;

/** A server on a free port with a fake engine, and a plain client for it. */
final class TestServer implements AutoCloseable {
    static final ObjectMapper JSON = new ObjectMapper();

    private final OkHttpClient client =
            new OkHttpClient.Builder().retryOnConnectionFailure(false).build();
    private final ModelSlot slot = new ModelSlot();
    private final HttpServer server;

    private TestServer(ServerOptions options) throws IOException {
        server = HttpServer.start(options, slot);
    }

    static ServerOptions options() {
        return ServerOptions.defaults()
                .withAddress(ServerOptions.LOOPBACK, 0)
                .withMaxBodyBytes(1 << 16)
                .withStopTimeout(Duration.ofMillis(200));
    }

    static TestServer loading() throws IOException {
        return new TestServer(options());
    }

    static TestServer serving(FakeEngine engine) throws IOException {
        return serving(engine, options());
    }

    static TestServer serving(FakeEngine engine, ServerOptions options) throws IOException {
        TestServer server = new TestServer(options);
        server.slot.ready(engine);
        return server;
    }

    ModelSlot slot() {
        return slot;
    }

    HttpServer server() {
        return server;
    }

    URI uri(String path) {
        return server.uri().resolve(path);
    }

    Reply get(String path) throws IOException {
        return send("GET", path, null, null);
    }

    Reply post(String path, String body) throws IOException {
        return send("POST", path, "application/json", body.getBytes(StandardCharsets.UTF_8));
    }

    Reply send(String method, String path, @Nullable String contentType, byte @Nullable [] body) throws IOException {
        RequestBody content = body == null
                ? null
                : RequestBody.create(body, contentType == null ? null : MediaType.parse(contentType));
        return send(new Request.Builder()
                .url(uri(path).toString())
                .method(method, content)
                .build());
    }

    Reply send(Request request) throws IOException {
        try (Response response = client.newCall(request).execute()) {
            return new Reply(
                    response.code(),
                    response.headers(),
                    Objects.requireNonNull(response.body()).string());
        }
    }

    /** The data of the server-sent events of a streamed answer. */
    List<String> events(String path, String body) throws IOException {
        return post(path, body)
                .body()
                .lines()
                .filter(line -> !line.isEmpty())
                .map(line -> line.substring("data: ".length()))
                .toList();
    }

    @Override
    public void close() {
        server.close();
        client.dispatcher().executorService().shutdown();
        client.connectionPool().evictAll();
    }

    /** An answer. */
    record Reply(int status, Headers headers, String body) {
        JsonNode json() throws IOException {
            return JSON.readTree(body);
        }

        JsonNode error() throws IOException {
            return json().path("error");
        }

        String header(String name) {
            return String.valueOf(headers.get(name));
        }
    }
}
