package org.ryzanstein.server.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.ryzanstein.server.fake.FakeEngine;
import org.ryzanstein.server.http.TestServer.Reply;

/** Whatever a client sends, the answer is an error of OpenAI's shape and the server carries on. */
class RequestErrorsTest {
    private static final String CHAT = "/v1/chat/completions";
    private static final String COMPLETIONS = "/v1/completions";

    private final FakeEngine engine = new FakeEngine();
    private TestServer server;

    @BeforeEach
    void start() throws IOException {
        server = TestServer.serving(engine);
    }

    @AfterEach
    void stillServesAndStop() throws IOException {
        try {
            assertThat(server.post(COMPLETIONS, "{\"prompt\": \"Hi\"}").status())
                    .isEqualTo(200);
        } finally {
            server.close();
        }
    }

    private static String chat(String fields) {
        return "{\"messages\": [{\"role\": \"user\", \"content\": \"Hi\"}]" + (fields.isEmpty() ? "" : ", " + fields)
                + "}";
    }

    private static void assertShape(Reply reply, int status) throws IOException {
        assertThat(reply.status()).as(reply.body()).isEqualTo(status);
        assertThat(reply.header("Content-Type")).startsWith("application/json");
        assertThat(reply.error().path("message").asText()).isNotEmpty();
        assertThat(reply.error().path("type").asText()).isNotEmpty();
        assertThat(reply.error().has("param")).isTrue();
        assertThat(reply.error().has("code")).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "{",
                "{\"messages\": [",
                "{\"a\": 1} trailing",
                "{'a': 1}",
                "{\"temperature\": NaN}",
                "{\"temperature\": Infinity}",
                "{\"temperature\": 01}",
                "[]",
                "null",
                "\"text\"",
                "7",
                "{\"prompt\": \"\\ud8\"}",
            })
    void refusesMalformedJson(String body) throws IOException {
        Reply reply = server.post(CHAT, body);

        assertShape(reply, 400);
        assertThat(reply.error().path("code").asText()).isEqualTo("invalid_json");
    }

    @Test
    void saysWhereTheJsonIsWrong() throws IOException {
        Reply reply = server.post(CHAT, "{\n \"model\": }");

        assertThat(reply.error().path("message").asText()).contains("line 2", "column 11");
    }

    @Test
    void refusesInvalidUtf8() throws IOException {
        Reply reply =
                server.send("POST", CHAT, "application/json", new byte[] {'{', '"', (byte) 0xff, '"', ':', '1', '}'});

        assertShape(reply, 400);
    }

    @Test
    void refusesDeepNesting() throws IOException {
        Reply reply = server.post(CHAT, "{\"messages\": " + "[".repeat(30_000) + "]".repeat(30_000) + "}");

        assertShape(reply, 400);
        assertThat(reply.error().path("message").asText()).contains("depth");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "1e999",
                "-1e999",
                "1e-999999999999",
                "99999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999",
                "100000000000000000000000",
                "2.0000001",
                "-0.1",
                "\"0.5\"",
                "true",
                "[]"
            })
    void refusesNumbersThatAreNoTemperature(String number) throws IOException {
        Reply reply = server.post(CHAT, chat("\"temperature\": " + number));

        if (number.equals("1e-999999999999")) {
            assertThat(reply.status()).isIn(200, 400);
        } else {
            assertShape(reply, 400);
            assertThat(reply.error().path("message").asText()).contains("");
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    temperature        | 2.5
                    top_p              | 1.5
                    top_p              | -1
                    top_k              | -2
                    top_k              | 1.5
                    top_k              | 99999999999
                    min_p              | 2
                    repetition_penalty | 0
                    frequency_penalty  | 3
                    presence_penalty   | -2.5
                    max_tokens         | -1
                    max_tokens         | "many"
                    max_completion_tokens | 1.5
                    n                  | 0
                    n                  | 1000000
                    seed               | 1.5
                    seed               | 9223372036854775808
                    seed               | "x"
                    stop               | 7
                    stop               | ""
                    stop               | {}
                    stream             | "yes"
                    stream_options     | {"include_usage": true}
                    logprobs           | 3
                    top_logprobs       | 3
                    logit_bias         | []
                    logit_bias         | {"x": 1}
                    logit_bias         | {"259": 1}
                    logit_bias         | {"-1": 1}
                    tools              | [{"type": "function"}]
                    tool_choice        | "required"
                    functions          | [{}]
                    function_call      | {"name": "f"}
                    response_format    | {"type": "json_object"}
                    response_format    | {"type": "json_schema", "json_schema": {}}
                    modalities         | ["text", "audio"]
                    audio              | {"voice": "x"}
                    reasoning_effort   | "high"
                    grammar            | "root ::= x"
                    repeat_penalty     | 1.1
                    n_predict          | 5
                    stop_token_ids     | [1]
                    use_beam_search    | true
                    model              | 7
                    ignore_eos         | 1
                    """)
    void namesTheFieldThatIsAtFault(String field, String value) throws IOException {
        Reply reply = server.post(CHAT, chat("\"" + field + "\": " + value));

        assertShape(reply, 400);
        assertThat(reply.error().path("param").asText()).startsWith(field);
        assertThat(reply.error().path("type").asText()).isEqualTo("invalid_request_error");
        assertThat(reply.error().path("message").asText()).contains(field);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    messages                  | {}
                    messages                  | {"messages": null}
                    messages                  | {"messages": []}
                    messages                  | {"messages": {}}
                    messages[0]               | {"messages": ["Hi"]}
                    messages[0].role          | {"messages": [{"content": "Hi"}]}
                    messages[0].role          | {"messages": [{"role": "robot", "content": "Hi"}]}
                    messages[0].role          | {"messages": [{"role": "tool", "content": "Hi"}]}
                    messages[0].content       | {"messages": [{"role": "user"}]}
                    messages[0].content       | {"messages": [{"role": "user", "content": 7}]}
                    messages[0].content[0]    | {"messages": [{"role": "user", "content": ["Hi"]}]}
                    messages[0].content[0].type | {"messages": [{"role": "user", "content": [{"type": "image_url"}]}]}
                    messages[0].content[0].type | {"messages": [{"role": "user", "content": [{"text": "Hi"}]}]}
                    messages[0].content[0].text | {"messages": [{"role": "user", "content": [{"type": "text"}]}]}
                    messages[0].tool_calls    | {"messages": [{"role": "assistant", "content": "x", "tool_calls": [{}]}]}
                    """)
    void namesThePlaceInTheMessages(String param, String body) throws IOException {
        Reply reply = server.post(CHAT, body);

        assertShape(reply, 400);
        assertThat(reply.error().path("param").asText()).isEqualTo(param);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    prompt     | {}
                    prompt     | {"prompt": 7}
                    prompt     | {"prompt": []}
                    prompt     | {"prompt": {}}
                    prompt[1]  | {"prompt": [1, "x"]}
                    prompt[1]  | {"prompt": [1, 259]}
                    prompt[0]  | {"prompt": [-1]}
                    prompt[1]  | {"prompt": ["a", 7]}
                    prompt[0]  | {"prompt": [[]]}
                    prompt[0][0] | {"prompt": [["a"]]}
                    suffix     | {"prompt": "a", "suffix": "b"}
                    echo       | {"prompt": "a", "echo": true, "logprobs": 1}
                    best_of    | {"prompt": "a", "best_of": 3}
                    logprobs   | {"prompt": "a", "logprobs": 21}
                    n          | {"prompt": ["a", "b"], "n": 65}
                    """)
    void namesThePlaceInAPlainCompletion(String param, String body) throws IOException {
        Reply reply = server.post(COMPLETIONS, body);

        assertShape(reply, 400);
        assertThat(reply.error().path("param").asText()).isEqualTo(param);
    }

    @Test
    void refusesManyPromptsAtOnce() throws IOException {
        Reply reply = server.post(COMPLETIONS, "{\"prompt\": [" + "\"a\",".repeat(200) + "\"a\"]}");

        assertShape(reply, 400);
    }

    @Test
    void refusesManyStops() throws IOException {
        Reply reply = server.post(CHAT, chat("\"stop\": [" + "\"a\",".repeat(20) + "\"a\"]"));

        assertShape(reply, 400);
        assertThat(reply.error().path("param").asText()).isEqualTo("stop");
    }

    @Test
    void refusesAnUnknownModel() throws IOException {
        Reply reply = server.post(CHAT, chat("\"model\": \"gpt-4o\""));

        assertShape(reply, 404);
        assertThat(reply.error().path("code").asText()).isEqualTo("model_not_found");
        assertThat(reply.error().path("param").asText()).isEqualTo("model");
        assertShape(server.get("/v1/models/gpt-4o"), 404);
        assertShape(server.get("/v1/models/meta/llama"), 404);
    }

    @Test
    void refusesAPromptBeyondTheContext() throws IOException {
        String text = "x".repeat(300);
        Reply chat = server.post(CHAT, "{\"messages\": [{\"role\": \"user\", \"content\": \"" + text + "\"}]}");
        assertShape(chat, 400);
        assertThat(chat.error().path("code").asText()).isEqualTo("context_length_exceeded");
        assertThat(chat.error().path("param").asText()).isEqualTo("messages");

        Reply completion = server.post(COMPLETIONS, "{\"prompt\": \"" + text + "\"}");
        assertThat(completion.error().path("code").asText()).isEqualTo("context_length_exceeded");
        assertThat(completion.error().path("param").asText()).isEqualTo("prompt");

        Reply ids = server.post(COMPLETIONS, "{\"prompt\": [" + "1,".repeat(300) + "1]}");
        assertThat(ids.error().path("code").asText()).isEqualTo("context_length_exceeded");
    }

    @Test
    void refusesMoreTokensThanTheContextHolds() throws IOException {
        Reply reply = server.post(CHAT, chat("\"max_tokens\": 254"));

        assertShape(reply, 400);
        assertThat(reply.error().path("code").asText()).isEqualTo("context_length_exceeded");
        assertThat(engine.requests()).isEmpty();
    }

    @Test
    void refusesTwoDifferentLimits() throws IOException {
        assertShape(server.post(CHAT, chat("\"max_tokens\": 5, \"max_completion_tokens\": 6")), 400);
        assertThat(server.post(CHAT, chat("\"max_tokens\": 5, \"max_completion_tokens\": 5"))
                        .status())
                .isEqualTo(200);
    }

    @Test
    void refusesALargeBody() throws IOException {
        Reply reply = server.post(CHAT, "{\"messages\": \"" + "x".repeat(1 << 16) + "\"}");

        assertShape(reply, 413);
    }

    @ParameterizedTest
    @ValueSource(strings = {"text/plain", "application/x-www-form-urlencoded", "application/json; charset=iso-8859-1"})
    void refusesOtherContentTypes(String type) throws IOException {
        assertShape(server.send("POST", CHAT, type, chat("").getBytes(StandardCharsets.UTF_8)), 415);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"application/json", "application/json; charset=utf-8", "Application/JSON;charset=\"UTF-8\""})
    void takesJsonHoweverItIsSpelled(String type) throws IOException {
        assertThat(server.send("POST", CHAT, type, chat("").getBytes(StandardCharsets.UTF_8))
                        .status())
                .isEqualTo(200);
    }

    @Test
    void refusesACompressedBody() throws IOException {
        String request =
                "POST " + CHAT + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\n"
                        + "Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}";

        assertThat(raw(request)).startsWith("HTTP/1.1 415").contains("\"error\"");
    }

    @ParameterizedTest
    @CsvSource({
        "GET, /v1/chat/completions, POST",
        "DELETE, /v1/completions, POST",
        "POST, /v1/models, 'GET, HEAD'",
        "PUT, /health/live, 'GET, HEAD'"
    })
    void refusesOtherMethods(String method, String path, String allowed) throws IOException {
        byte @Nullable [] body = method.equals("GET") ? null : new byte[0];
        Reply reply = server.send(method, path, null, body);

        assertShape(reply, 405);
        assertThat(reply.header("Allow")).isEqualTo(allowed);
    }

    @ParameterizedTest
    @ValueSource(strings = {"/", "/v1", "/v1/embeddings", "/v1/chat/completions/x", "/%F0%9F%8E%89", "/health"})
    void refusesUnknownPaths(String path) throws IOException {
        assertShape(server.get(path), 404);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "GARBAGE\r\n\r\n",
                "GET / HTTP/9.9\r\n\r\n",
                "GET /v1/models HTTP/1.1\r\n\r\n",
                "GET /%zz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
                "POST /v1/completions HTTP/1.1\r\nHost: x\r\nContent-Length: x\r\n\r\n",
                "POST /v1/completions HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
            })
    void answersBadHttp(String request) throws IOException {
        String answer = raw(request);

        assertThat(answer).matches("(?s)HTTP/1[.]1 (4|505).*").doesNotContain("<html");
    }

    @Test
    void answersTooLongHeaders() throws IOException {
        String answer = raw("GET /v1/models HTTP/1.1\r\nHost: x\r\nX: " + "y".repeat(20_000) + "\r\n\r\n");

        assertThat(answer).startsWith("HTTP/1.1 431");
    }

    @Test
    void survivesABodyThatBreaksOff() throws IOException {
        try (Socket socket = new Socket(
                server.server().uri().getHost(), server.server().uri().getPort())) {
            socket.getOutputStream()
                    .write(("POST " + COMPLETIONS + " HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                                    + "Content-Length: 100\r\n\r\n{\"prompt\"")
                            .getBytes(StandardCharsets.US_ASCII));
        }
        assertThat(server.get("/health/live").status()).isEqualTo(200);
    }

    @Test
    void survivesUnpairedSurrogates() throws IOException {
        String half = "\\ud800";
        assertShape(server.post(CHAT, chat("\"model\": \"" + half + "\"")), 404);
        assertShape(server.post(CHAT, "{\"messages\": [{\"role\": \"" + half + "\"}]}"), 400);
        assertShape(server.post(CHAT, chat("\"logit_bias\": {\"" + half + "\": 1}")), 400);
        Reply echo = server.post(COMPLETIONS, "{\"prompt\": \"" + half + "\", \"echo\": true}");
        assertThat(echo.status()).isEqualTo(200);
        assertThat(echo.json().path("choices").path(0).path("text").asText()).isEqualTo("\ufffdHello.");
    }

    @Test
    void anEngineThatFailsIsAnErrorOfTheServer() throws IOException {
        FakeEngine failing = new FakeEngine().failingAt(0);
        try (TestServer other = TestServer.serving(failing)) {
            Reply whole = other.post(CHAT, chat(""));
            assertShape(whole, 500);
            assertThat(whole.error().path("type").asText()).isEqualTo("server_error");
            assertShape(other.post(CHAT, chat("\"stream\": true")), 500);
        }
    }

    @Test
    void aTemplateThatRefusesIsTheClientsError() throws IOException {
        FakeEngine strict = new FakeEngine().withTemplate("{{ raise_exception('no system messages') }}");
        try (TestServer other = TestServer.serving(strict)) {
            Reply reply = other.post(CHAT, chat(""));
            assertShape(reply, 400);
            assertThat(reply.error().path("message").asText()).contains("no system messages");
            assertThat(reply.error().path("param").asText()).isEqualTo("messages");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "{% nonsense %}"})
    void aModelWithoutUsableTemplateStillCompletes(String template) throws IOException {
        try (TestServer other = TestServer.serving(new FakeEngine().withTemplate(template))) {
            assertShape(other.post(CHAT, chat("")), 400);
            assertThat(other.post(COMPLETIONS, "{\"prompt\": \"Hi\"}").status()).isEqualTo(200);
        }
    }

    private String raw(String request) throws IOException {
        try (Socket socket = new Socket(
                server.server().uri().getHost(), server.server().uri().getPort())) {
            socket.setSoTimeout(10_000);
            socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
            socket.getOutputStream().flush();
            InputStream in = socket.getInputStream();
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}
