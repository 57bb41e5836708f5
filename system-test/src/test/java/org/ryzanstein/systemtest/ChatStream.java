package org.ryzanstein.systemtest;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.IntConsumer;

/** A client that has chats answered as streams. */
final class ChatStream {
    static final int TOKENS = 200;

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final List<String> OPENINGS =
            List.of("Once upon a time", "The dog was sad", "One day, Tim", "In the forest", "Lily likes to");

    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final URI server;

    ChatStream(URI server) {
        this.server = server;
    }

    /**
     * An answer as it came.
     *
     * @param events events with text
     * @param longestGap the longest time between two of them, in seconds
     * @param end how the answer ended
     */
    record Answer(String text, int events, double longestGap, String end) {}

    /** Greedy and sampled ones, with candidates only and with all logits, in turn. */
    static String body(int number) {
        String sampling = number % 2 == 0 ? "\"temperature\":0" : "\"temperature\":0.9,\"seed\":" + number;
        String logprobs = number % 3 == 2 ? ",\"logprobs\":true,\"top_logprobs\":3" : "";
        return "{\"messages\":[{\"role\":\"user\",\"content\":\"" + OPENINGS.get(number % OPENINGS.size())
                + "\"}],\"max_tokens\":" + TOKENS + ",\"ignore_eos\":true,\"stream\":true," + sampling + logprobs + "}";
    }

    /**
     * Has a chat answered.
     *
     * @param watcher told how many events with text have come, at each of them
     */
    Answer ask(String body, IntConsumer watcher) throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(server.resolve("/v1/chat/completions"))
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build();
        HttpResponse<java.io.InputStream> response = client.send(request, HttpResponse.BodyHandlers.ofInputStream());
        StringBuilder text = new StringBuilder();
        int events = 0;
        long longest = 0;
        long last = 0;
        String end = "status " + response.statusCode();
        try (BufferedReader lines =
                new BufferedReader(new InputStreamReader(response.body(), StandardCharsets.UTF_8))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                if (line.isEmpty()) {
                    continue;
                }
                if (!line.startsWith("data: ")) {
                    throw new IOException("no event: " + line);
                }
                if (line.equals("data: [DONE]")) {
                    return new Answer(text.toString(), events, longest / 1e9, end);
                }
                JsonNode event = JSON.readTree(line.substring("data: ".length()));
                if (event.has("error")) {
                    throw new IOException("the answer failed: " + line);
                }
                JsonNode choice = event.path("choices").path(0);
                String piece = choice.path("delta").path("content").asText();
                if (choice.path("finish_reason").isTextual()) {
                    end = choice.path("finish_reason").asText();
                }
                if (!piece.isEmpty()) {
                    long now = System.nanoTime();
                    longest = events == 0 ? 0 : Math.max(longest, now - last);
                    last = now;
                    text.append(piece);
                    watcher.accept(++events);
                }
            }
        }
        throw new IOException("the stream broke off: " + end + " after " + text);
    }

    /** What the server says of its ranks. */
    JsonNode cluster() throws IOException, InterruptedException {
        HttpRequest request =
                HttpRequest.newBuilder(server.resolve("/v1/cluster")).build();
        return JSON.readTree(
                client.send(request, HttpResponse.BodyHandlers.ofString()).body());
    }
}
