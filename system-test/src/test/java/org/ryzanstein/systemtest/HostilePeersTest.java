package org.ryzanstein.systemtest;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Whoever knocks at the ports of leader and worker without belonging there changes nothing of the answers that are streamed. */
@EnabledOnOs({OS.LINUX, OS.MAC})
class HostilePeersTest {
    private static final int BODIES = 4;
    private static final int RANDOM_CONNECTIONS = 20;
    private static final int SOCKET_MILLIS = 20_000;
    private static final long PATIENCE_SECONDS = 60;

    @TempDir
    Path scratch;

    @Test
    void disturbNothing() throws IOException, InterruptedException {
        Path model = TemplatedModel.write(scratch.resolve("templated.gguf"));
        Path other = TemplatedModel.write(scratch.resolve("other.gguf"), "{{ messages[0]['content'] }}");
        try (RankField field = RankField.start(scratch, model, 2)) {
            List<String> expected = new ArrayList<>();
            for (int number = 0; number < BODIES; number++) {
                expected.add(field.client()
                        .ask(ChatStream.body(number), events -> {})
                        .text());
            }
            JsonNode before = field.client().cluster();
            try (Load load = Load.start(field.client(), expected);
                    WorkerProcess wrongModel = field.stranger(RankField.SECRET, other);
                    WorkerProcess wrongSecret = field.stranger("another secret, another secret", model)) {
                for (JsonNode rank : before.path("ranks")) {
                    String address = rank.path("address").asText();
                    knock(Integer.parseInt(address.substring(address.lastIndexOf(':') + 1)));
                }

                assertThat(wrongModel.await(PATIENCE_SECONDS)).isEqualTo(1);
                assertThat(wrongModel.log()).contains("refuses this worker", "SHA-256", "give both the same model");
                assertThat(field.server().log()).contains("refused: its model's SHA-256 is");
                awaitText(wrongSecret, "no leader at");
                assertThat(wrongSecret.isAlive()).isTrue();
                load.stop();
            }
            JsonNode after = field.client().cluster();
            assertThat(after.path("world_size").asInt()).isEqualTo(2);
            assertThat(after.path("spares")).isEmpty();
            assertThat(after.path("formations")).isEqualTo(before.path("formations"));
            assertThat(after.path("recovery_count").asInt()).isZero();
            assertThat(after.path("steps").asInt())
                    .isGreaterThan(before.path("steps").asInt());
        }
    }

    /** Everything that a port scanner, a browser and a fool would try; each is turned away. */
    private static void knock(int port) throws IOException {
        Random random = new Random(port);
        try (Socket idle = connect(port)) {
            connect(port).close();
            speak(port, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            for (int i = 0; i < RANDOM_CONNECTIONS; i++) {
                byte[] bytes = new byte[1 + random.nextInt(4096)];
                random.nextBytes(bytes);
                speak(port, bytes);
            }
            awaitEnd(idle);
        }
    }

    private static Socket connect(int port) throws IOException {
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), port);
        socket.setSoTimeout(SOCKET_MILLIS);
        return socket;
    }

    private static void speak(int port, byte[] bytes) throws IOException {
        try (Socket socket = connect(port)) {
            OutputStream out = socket.getOutputStream();
            out.write(bytes);
            out.flush();
            awaitEnd(socket);
        } catch (java.net.SocketException e) {
            assertThat(e).hasMessageMatching("Connection reset.*|Broken pipe.*");
        }
    }

    /** The other side closes; what it says before is of no interest. */
    private static void awaitEnd(Socket socket) throws IOException {
        InputStream in = socket.getInputStream();
        while (in.read() >= 0) {}
    }

    private static void awaitText(WorkerProcess worker, String text) throws IOException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        while (!worker.log().contains(text)) {
            assertThat(System.nanoTime()).as(worker.log()).isLessThan(deadline);
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(10));
        }
    }
}
