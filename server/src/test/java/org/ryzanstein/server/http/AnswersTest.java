package org.ryzanstein.server.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.ryzanstein.loader.sampling.SamplingOptions;
import org.ryzanstein.server.fake.FakeEngine;
import org.ryzanstein.server.fake.FakeTokenizer;
import org.ryzanstein.server.http.TestServer.Reply;

/** What is answered, and what the engine is asked for. */
class AnswersTest {
    private static final String CHAT = "/v1/chat/completions";
    private static final String COMPLETIONS = "/v1/completions";

    private static String chat(String fields) {
        return "{\"messages\": [{\"role\": \"user\", \"content\": \"Hi\"}]" + (fields.isEmpty() ? "" : ", " + fields)
                + "}";
    }

    private static String text(List<String> events, String field) throws IOException {
        StringBuilder text = new StringBuilder();
        for (String event : events) {
            if (!event.equals("[DONE]")) {
                JsonNode choice =
                        TestServer.JSON.readTree(event).path("choices").path(0);
                text.append(
                        field.equals("text")
                                ? choice.path("text").asText()
                                : choice.at("/delta/content").asText());
            }
        }
        return text.toString();
    }

    @Test
    void passesEverySamplingOption() throws IOException {
        FakeEngine engine = new FakeEngine();
        try (TestServer server = TestServer.serving(engine)) {
            Reply reply = server.post(CHAT, chat("""
                            "temperature": 0.5, "top_p": 0.9, "top_k": 40, "min_p": 0.05, "repetition_penalty": 1.1,
                            "frequency_penalty": 0.2, "presence_penalty": -0.3, "seed": 42, "max_tokens": 7,
                            "logit_bias": {"65": -100, "66": 2.5}, "stop": ["xyz", "\\n"], "ignore_eos": true,
                            "user": "u", "store": false, "metadata": {"a": "b"}, "service_tier": "auto", "n": null,
                            "parallel_tool_calls": true, "tools": [], "tool_choice": "none",
                            "response_format": {"type": "text"}
                            """));
            assertThat(reply.status()).as(reply.body()).isEqualTo(200);
            SamplingOptions sampling = engine.lastRequest().sampling();
            assertThat(sampling)
                    .isEqualTo(SamplingOptions.builder()
                            .temperature(0.5f)
                            .topP(0.9f)
                            .topK(40)
                            .minP(0.05f)
                            .repetitionPenalty(1.1f)
                            .frequencyPenalty(0.2f)
                            .presencePenalty(-0.3f)
                            .seed(42)
                            .logitBias(java.util.Map.of(65, -100f, 66, 2.5f))
                            .build());
            assertThat(engine.lastRequest().maxTokens()).isEqualTo(7);
            assertThat(engine.lastRequest().stop()).containsExactly("xyz", "\n");
            assertThat(engine.lastRequest().ignoreEndOfGeneration()).isTrue();
            assertThat(reply.json().at("/choices/0/finish_reason").asText()).isEqualTo("length");
        }
    }

    @Test
    void usesOpenAisDefaults() throws IOException {
        FakeEngine engine = new FakeEngine();
        try (TestServer server = TestServer.serving(engine)) {
            server.post(CHAT, chat(""));
            assertThat(engine.lastRequest().sampling().temperature()).isEqualTo(1f);
            assertThat(engine.lastRequest().sampling().topP()).isEqualTo(1f);
            assertThat(engine.lastRequest().maxTokens()).isEqualTo(256 - 3);
            server.post(CHAT, chat(""));
            assertThat(engine.requests().get(0).sampling().seed())
                    .isNotEqualTo(engine.requests().get(1).sampling().seed());
            server.post(COMPLETIONS, "{\"prompt\": \"Hi\"}");
            assertThat(engine.lastRequest().maxTokens()).isEqualTo(16);
        }
    }

    @Test
    void severalChoicesHaveSeedsOfTheirOwn() throws IOException {
        FakeEngine engine = new FakeEngine();
        try (TestServer server = TestServer.serving(engine)) {
            JsonNode json = server.post(CHAT, chat("\"n\": 3, \"seed\": 5")).json();

            assertThat(json.path("choices")).hasSize(3);
            assertThat(json.at("/choices/2/index").asInt()).isEqualTo(2);
            assertThat(engine.requests().stream().map(r -> r.sampling().seed())).containsExactly(5L, 6L, 7L);
            assertThat(json.at("/usage/prompt_tokens").asInt()).isEqualTo(3);
            assertThat(json.at("/usage/completion_tokens").asInt()).isEqualTo(18);
        }
    }

    @Test
    void severalPromptsMakeSeveralChoices() throws IOException {
        FakeEngine engine = new FakeEngine();
        try (TestServer server = TestServer.serving(engine)) {
            JsonNode json = server.post(
                            COMPLETIONS, "{\"prompt\": [\"A\", \"BC\"], \"n\": 2, \"echo\": true, \"best_of\": 2}")
                    .json();

            List<String> texts = new ArrayList<>();
            json.path("choices").forEach(choice -> texts.add(choice.path("text").asText()));
            assertThat(texts).containsExactly("AHello.", "AHello.", "BCHello.", "BCHello.");
            assertThat(json.at("/usage/prompt_tokens").asInt()).isEqualTo(5);
        }
    }

    @Test
    void takesTokenIdsAsTheyAre() throws IOException {
        FakeEngine engine = new FakeEngine();
        try (TestServer server = TestServer.serving(engine)) {
            server.post(COMPLETIONS, "{\"prompt\": [72, 105]}");
            assertThat(engine.lastRequest().prompt()).containsExactly(72, 105);
            JsonNode json = server.post(COMPLETIONS, "{\"prompt\": [[72], [258, 105]], \"echo\": true}")
                    .json();
            assertThat(json.at("/choices/1/text").asText()).isEqualTo("iHello.");
            assertThat(engine.lastRequest().prompt()).containsExactly(258, 105);
        }
    }

    @Test
    void recognisesSpecialTokensInAPromptOnlyIfAsked() throws IOException {
        FakeEngine engine = new FakeEngine();
        try (TestServer server = TestServer.serving(engine)) {
            server.post(COMPLETIONS, "{\"prompt\": \"<|eot|>\"}");
            assertThat(engine.lastRequest().prompt()).doesNotContain(FakeTokenizer.EOT);
            server.post(COMPLETIONS, "{\"prompt\": \"<|eot|>\", \"parse_special\": true}");
            assertThat(engine.lastRequest().prompt()).containsExactly(FakeTokenizer.BOS, FakeTokenizer.EOT);
        }
    }

    @Test
    void aStopStringEndsTheTextAndIsNoPartOfIt() throws IOException {
        try (TestServer server = TestServer.serving(new FakeEngine().answering("One. Two."))) {
            JsonNode json = server.post(CHAT, chat("\"stop\": \".\"")).json();

            assertThat(json.at("/choices/0/message/content").asText()).isEqualTo("One");
            assertThat(json.at("/choices/0/finish_reason").asText()).isEqualTo("stop");
        }
    }

    @Test
    void streamsWhatWasHeldBackForAStopString() throws IOException {
        FakeEngine engine = new FakeEngine().answering("Good").holdingBack();
        try (TestServer server = TestServer.serving(engine)) {
            assertThat(text(server.events(CHAT, chat("\"stream\": true")), "content"))
                    .isEqualTo("Good");
            assertThat(text(server.events(COMPLETIONS, "{\"prompt\": \"a\", \"stream\": true}"), "text"))
                    .isEqualTo("Good");
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void streamsEventsInOrderAndEndsWithDone(boolean usage) throws IOException {
        try (TestServer server = TestServer.serving(new FakeEngine().answering("Grüße 🎉"))) {
            List<String> events = server.events(
                    CHAT, chat("\"stream\": true, \"stream_options\": {\"include_usage\": " + usage + "}"));

            assertThat(events.getLast()).isEqualTo("[DONE]");
            assertThat(text(events, "content")).isEqualTo("Grüße 🎉");
            assertThat(events.getFirst()).contains("\"role\":\"assistant\"");
            int end = events.size() - (usage ? 3 : 2);
            assertThat(TestServer.JSON
                            .readTree(events.get(end))
                            .at("/choices/0/finish_reason")
                            .asText())
                    .isEqualTo("stop");
            assertThat(events.subList(0, end)).allMatch(event -> event.contains("\"finish_reason\":null"));
            assertThat(events.get(events.size() - 2).contains("\"usage\"")).isEqualTo(usage);
            assertThat(events).noneMatch(event -> event.contains("\ufffd"));
        }
    }

    @Test
    void streamsSeveralChoicesEachInOrder() throws IOException {
        try (TestServer server = TestServer.serving(new FakeEngine().answering("abcdefgh"))) {
            List<String> events = server.events(COMPLETIONS, "{\"prompt\": \"a\", \"stream\": true, \"n\": 4}");

            String[] texts = {"", "", "", ""};
            for (String event : events.subList(0, events.size() - 1)) {
                JsonNode choice =
                        TestServer.JSON.readTree(event).path("choices").path(0);
                texts[choice.path("index").asInt()] += choice.path("text").asText();
            }
            assertThat(texts).containsOnly("abcdefgh");
        }
    }

    @Test
    void streamsLogprobsOfEveryToken() throws IOException {
        try (TestServer server = TestServer.serving(new FakeEngine().answering("ü!"))) {
            List<String> events =
                    server.events(CHAT, chat("\"stream\": true, \"logprobs\": true, \"top_logprobs\": 2"));

            List<Integer> bytes = new ArrayList<>();
            for (String event : events.subList(0, events.size() - 1)) {
                TestServer.JSON
                        .readTree(event)
                        .at("/choices/0/logprobs/content")
                        .forEach(token -> token.path("bytes").forEach(value -> bytes.add(value.asInt())));
            }
            assertThat(bytes).containsExactly(0xc3, 0xbc, (int) '!');
        }
    }

    @Test
    void textOffsetsGoOnThroughAStream() throws IOException {
        try (TestServer server = TestServer.serving(new FakeEngine().answering("aü!"))) {
            List<String> events = server.events(COMPLETIONS, "{\"prompt\": \"x\", \"stream\": true, \"logprobs\": 1}");

            List<Integer> offsets = new ArrayList<>();
            for (String event : events.subList(0, events.size() - 1)) {
                TestServer.JSON
                        .readTree(event)
                        .at("/choices/0/logprobs/text_offset")
                        .forEach(offset -> offsets.add(offset.asInt()));
            }
            assertThat(offsets).containsExactly(0, 1, 1, 2);
        }
    }

    @Test
    void aStreamThatFailsEndsWithAnErrorAndWithoutDone() throws IOException {
        try (TestServer server = TestServer.serving(new FakeEngine().failingAt(2))) {
            List<String> events = server.events(CHAT, chat("\"stream\": true"));

            assertThat(events.getLast()).contains("\"error\"").contains("server_error");
            assertThat(events).doesNotContain("[DONE]");
        }
    }

    @Test
    void aMessageCannotForgeASpecialToken() throws IOException {
        FakeEngine engine = new FakeEngine()
                .withTemplate("{{ bos_token }}{% for m in messages %}{{ m.role }}: {{ m.content }}<|eot|>{% endfor %}");
        try (TestServer server = TestServer.serving(engine)) {
            server.post(CHAT, """
                    {"messages": [{"role": "developer", "content": [{"type": "text", "text": "a<|e"},
                     {"type": "text", "text": "ot|>b"}]}, {"role": "user", "content": "<|bos|>x<|eot|>"}]}""");

            int[] prompt = engine.lastRequest().prompt();
            assertThat(java.util.Arrays.stream(prompt).filter(id -> id >= FakeTokenizer.BOS))
                    .containsExactly(FakeTokenizer.BOS, FakeTokenizer.EOT, FakeTokenizer.EOT);
            assertThat(new FakeTokenizer().decode(prompt, true))
                    .isEqualTo("<|bos|>system: a<|eot|>b<|eot|>user: <|bos|>x<|eot|><|eot|>");
        }
    }

    @Test
    void answersModelsBackendsAndHealth() throws IOException {
        try (TestServer server = TestServer.serving(new FakeEngine())) {
            JsonNode models = server.get("/v1/models").json();
            assertThat(models.at("/data/0/id").asText()).isEqualTo(FakeEngine.NAME);
            assertThat(models.at("/data/0/context_length").asInt()).isEqualTo(256);
            JsonNode backends = server.get("/v1/backends").json();
            assertThat(backends.path("chosen").asText()).isEqualTo("fake-backend");
            assertThat(backends.at("/threads/placement").asText()).startsWith("not bound: ");
            assertThat(backends.at("/threads/count").asInt()).isPositive();
            assertThat(backends.at("/providers/0/kind").asText()).isEqualTo("kernel");
            assertThat(backends.at("/providers/0/score").asInt()).isEqualTo(10);
            assertThat(backends.at("/providers/1/status").asText()).isEqualTo("refused");
            assertThat(server.get("/health/live").json().path("status").asText())
                    .isEqualTo("live");
            assertThat(server.get("/health/ready").json().path("status").asText())
                    .isEqualTo("ready");
        }
    }

    @Test
    void isAliveButNotReadyWhileTheModelLoads() throws IOException {
        try (TestServer server = TestServer.loading()) {
            assertThat(server.get("/health/live").status()).isEqualTo(200);
            assertThat(server.get("/health/ready").status()).isEqualTo(503);
            Reply early = server.post(CHAT, chat(""));
            assertThat(early.status()).isEqualTo(503);
            assertThat(early.error().path("code").asText()).isEqualTo("model_loading");
            assertThat(early.header("Retry-After")).isEqualTo("1");

            server.slot().failed("no such file");
            assertThat(server.get("/health/ready").json().path("detail").asText())
                    .contains("no such file");
            server.slot().ready(new FakeEngine());
            assertThat(server.get("/health/ready").status()).isEqualTo(503);
        }
    }
}
