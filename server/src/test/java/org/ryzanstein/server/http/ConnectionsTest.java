package org.ryzanstein.server.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.ryzanstein.server.fake.FakeEngine;
import org.ryzanstein.server.http.TestServer.Reply;

/** Connections that close, pipeline, or stay idle; and the end of the server. */
@Timeout(60)
class ConnectionsTest {
    private static String request(String body) {
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        return "POST /v1/completions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: "
                + bytes.length + "\r\n\r\n" + body;
    }

    private static Socket connect(TestServer server) throws IOException {
        Socket socket = new Socket(
                server.server().uri().getHost(), server.server().uri().getPort());
        socket.setSoTimeout(30_000);
        return socket;
    }

    private static void send(Socket socket, String request) throws IOException {
        socket.getOutputStream().write(request.getBytes(StandardCharsets.UTF_8));
        socket.getOutputStream().flush();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aClosedConnectionCancelsItsRequest(boolean stream) throws Exception {
        Semaphore gate = new Semaphore(stream ? 1 : 0);
        FakeEngine engine = new FakeEngine().gated(gate);
        try (TestServer server = TestServer.serving(engine)) {
            try (Socket socket = connect(server)) {
                send(socket, request("{\"prompt\": \"a\", \"stream\": " + stream + "}"));
                if (stream) {
                    assertThat(socket.getInputStream().read()).isEqualTo('H');
                }
                while (engine.requests().isEmpty()) {
                    Thread.onSpinWait();
                }
                assertThat(engine.wasCancelled()).isFalse();
            }
            assertThat(engine.awaitCancel(5)).isTrue();
            assertThat(server.get("/health/live").status()).isEqualTo(200);
        }
    }

    @Test
    void pipelinedRequestsAreAnsweredOneAfterTheOther() throws Exception {
        Semaphore gate = new Semaphore(0);
        FakeEngine engine = new FakeEngine().answering("ab").gated(gate);
        try (TestServer server = TestServer.serving(engine);
                Socket socket = connect(server)) {
            send(socket, request("{\"prompt\": \"first\", \"max_tokens\": 2}"));
            send(socket, request("{\"prompt\": \"" + "s".repeat(200) + "\", \"max_tokens\": 1}"));
            while (engine.requests().isEmpty()) {
                Thread.onSpinWait();
            }
            // Long enough for the server to look at the connection and to read the second request ahead.
            assertThat(engine.awaitCancelMillis(400)).isFalse();
            gate.release(1_000);
            BufferedReader reader =
                    new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
            assertThat(nextBody(reader)).contains("\"text\":\"ab\"");
            assertThat(nextBody(reader)).contains("\"text\":\"a\"");
        }
    }

    private static String nextBody(BufferedReader reader) throws IOException {
        int length = 0;
        String line = reader.readLine();
        assertThat(line).startsWith("HTTP/1.1 200");
        while (!line.isEmpty()) {
            if (line.toLowerCase(java.util.Locale.ROOT).startsWith("content-length:")) {
                length = Integer.parseInt(
                        line.substring("content-length:".length()).strip());
            }
            line = reader.readLine();
        }
        char[] body = new char[length];
        assertThat(reader.read(body)).isEqualTo(length);
        return new String(body);
    }

    @Test
    void aRequestThatIsGeneratedForIsNotIdle() throws Exception {
        Semaphore gate = new Semaphore(0);
        FakeEngine engine = new FakeEngine().gated(gate);
        ServerOptions options = TestServer.options().withIdleTimeout(Duration.ofMillis(300));
        try (TestServer server = TestServer.serving(engine, options)) {
            CompletableFuture<Reply> reply = CompletableFuture.supplyAsync(() -> {
                try {
                    return server.post("/v1/completions", "{\"prompt\": \"a\"}");
                } catch (IOException e) {
                    throw new IllegalStateException(e);
                }
            });
            assertThat(engine.awaitCancelMillis(1_000)).isFalse();
            gate.release(1_000);
            assertThat(reply.get(10, TimeUnit.SECONDS).status()).isEqualTo(200);
        }
    }

    @Test
    void requestsAreServedSideBySide() throws Exception {
        Semaphore gate = new Semaphore(0);
        FakeEngine engine = new FakeEngine().gated(gate);
        try (TestServer server = TestServer.serving(engine);
                Socket one = connect(server);
                Socket two = connect(server)) {
            send(one, request("{\"prompt\": \"a\"}"));
            send(two, request("{\"prompt\": \"b\"}"));
            while (engine.requests().size() < 2) {
                Thread.onSpinWait();
            }
            assertThat(engine.status().activeSequences()).isEqualTo(2);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aStopEndsWhatDoesNotEndInTime(boolean stream) throws Exception {
        Semaphore gate = new Semaphore(2);
        FakeEngine engine = new FakeEngine().gated(gate);
        TestServer server = TestServer.serving(engine);
        try (Socket socket = connect(server)) {
            send(socket, request("{\"prompt\": \"a\", \"stream\": " + stream + "}"));
            while (engine.requests().isEmpty()) {
                Thread.onSpinWait();
            }
            server.close();
            String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(answer).contains("server_stopping");
            assertThat(answer).startsWith(stream ? "HTTP/1.1 200" : "HTTP/1.1 503");
        }
        assertThat(engine.awaitCancel(5)).isTrue();
        server.server().close();
    }

    @Test
    void aStopWaitsForWhatEndsInTime() throws Exception {
        Semaphore gate = new Semaphore(0);
        FakeEngine engine = new FakeEngine().gated(gate);
        TestServer server = TestServer.serving(engine, TestServer.options().withStopTimeout(Duration.ofSeconds(20)));
        try (Socket socket = connect(server)) {
            send(socket, request("{\"prompt\": \"a\"}"));
            while (engine.requests().isEmpty()) {
                Thread.onSpinWait();
            }
            CompletableFuture<Void> stop = CompletableFuture.runAsync(server::close);
            gate.release(1_000);
            stop.get(20, TimeUnit.SECONDS);
            String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(answer).startsWith("HTTP/1.1 200").contains("Hello.");
        }
        assertThat(engine.wasCancelled()).isFalse();
    }

    @Test
    void saysWhyItCannotListen() throws Exception {
        try (TestServer server = TestServer.loading()) {
            int port = server.server().uri().getPort();
            ServerOptions taken = TestServer.options().withAddress(ServerOptions.LOOPBACK, port);
            assertThatThrownBy(() -> HttpServer.start(taken, new ModelSlot()))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("can't listen on 127.0.0.1:" + port);
        }
    }

    @Test
    void listensOnLoopbackUnlessToldOtherwise() throws Exception {
        assertThat(ServerOptions.defaults().host()).isEqualTo("127.0.0.1");
        try (TestServer server = TestServer.loading()) {
            assertThat(server.server().isExposed()).isFalse();
        }
        try (HttpServer exposed = HttpServer.start(TestServer.options().withAddress("0.0.0.0", 0), new ModelSlot())) {
            assertThat(exposed.isExposed()).isTrue();
            assertThat(exposed.uri().toString()).startsWith("http://0.0.0.0:");
        }
    }

    @Test
    void optionsAreChecked() {
        assertThatThrownBy(() -> ServerOptions.defaults().withAddress("x", 70_000))
                .hasMessageContaining("port");
        assertThatThrownBy(() -> ServerOptions.defaults().withMaxBodyBytes(0)).hasMessageContaining("maxBodyBytes");
    }
}
