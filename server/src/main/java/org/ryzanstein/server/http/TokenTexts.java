package org.ryzanstein.server.http;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.ryzanstein.loader.engine.GeneratedToken;
import org.ryzanstein.loader.sampling.Logprobs;
import org.ryzanstein.loader.tokenizer.Tokenizer;
import org.ryzanstein.server.http.dto.ChatLogprobs;
import org.ryzanstein.server.http.dto.TextLogprobs;

/** Single tokens and their log-probabilities as the API shows them. */
final class TokenTexts {
    private final Tokenizer tokenizer;

    TokenTexts(Tokenizer tokenizer) {
        this.tokenizer = tokenizer;
    }

    /** The tokens' log-probabilities in chat form. */
    ChatLogprobs chat(List<GeneratedToken> tokens) {
        List<ChatLogprobs.Token> content = new ArrayList<>();
        for (GeneratedToken token : tokens) {
            Logprobs logprobs = logprobs(token);
            List<ChatLogprobs.Alternative> top = logprobs.top().stream()
                    .map(one -> new ChatLogprobs.Alternative(
                            replaced(one.token()), finite(one.logprob()), bytes(one.token())))
                    .toList();
            content.add(
                    new ChatLogprobs.Token(replaced(token.id()), finite(logprobs.logprob()), bytes(token.id()), top));
        }
        return new ChatLogprobs(content, null);
    }

    /**
     * The tokens' log-probabilities in the form of plain completions.
     *
     * @param offset where the first token's text begins
     */
    TextLogprobs text(List<GeneratedToken> tokens, int offset) {
        List<String> texts = new ArrayList<>();
        List<Double> chosen = new ArrayList<>();
        List<Map<String, Double>> top = new ArrayList<>();
        List<Integer> offsets = new ArrayList<>();
        int place = offset;
        for (GeneratedToken token : tokens) {
            Logprobs logprobs = logprobs(token);
            texts.add(escaped(token.id()));
            chosen.add(finite(logprobs.logprob()));
            Map<String, Double> alternatives = new LinkedHashMap<>();
            logprobs.top().forEach(one -> alternatives.put(escaped(one.token()), finite(one.logprob())));
            top.add(alternatives);
            offsets.add(place);
            place += token.text().codePointCount(0, token.text().length());
        }
        return new TextLogprobs(texts, chosen, top, offsets);
    }

    private static Logprobs logprobs(GeneratedToken token) {
        return token.logprobs()
                .orElseThrow(() -> new IllegalStateException(
                        "token " + token.index() + " has no log-probabilities although they were asked for"));
    }

    /** JSON has no infinity; OpenAI writes this number for what can't happen. */
    private static double finite(double logprob) {
        return Math.max(logprob, -9999.0);
    }

    private String replaced(int id) {
        return tokenizer.isControl(id) ? tokenizer.token(id) : new String(tokenizer.bytes(id), StandardCharsets.UTF_8);
    }

    private List<Integer> bytes(int id) {
        byte[] bytes =
                tokenizer.isControl(id) ? tokenizer.token(id).getBytes(StandardCharsets.UTF_8) : tokenizer.bytes(id);
        List<Integer> values = new ArrayList<>(bytes.length);
        for (byte value : bytes) {
            values.add(value & 0xff);
        }
        return values;
    }

    /** Parts of characters as {@code bytes:\xe2\x80}, so that different tokens look different. */
    private String escaped(int id) {
        if (tokenizer.isControl(id)) {
            return tokenizer.token(id);
        }
        byte[] bytes = tokenizer.bytes(id);
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (CharacterCodingException e) {
            StringBuilder text = new StringBuilder("bytes:");
            for (byte value : bytes) {
                text.append(String.format("\\x%02x", value & 0xff));
            }
            return text.toString();
        }
    }
}
