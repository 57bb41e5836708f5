package org.ryzanstein.loader.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.ryzanstein.loader.format.GgufFile;
import org.ryzanstein.loader.tokenizer.EncodeOptions;
import org.ryzanstein.loader.tokenizer.Tokenizer;
import org.ryzanstein.loader.tokenizer.Tokenizers;

/** Whether llama.cpp and this runtime read a prompt as the same tokens, and then generate the same text greedily. */
final class LlamaCppComparison {
    private static final int TOKENS = 24;

    /**
     * llama.cpp rounds activations where this runtime does not, and the other way round; so texts are compared up to the first
     * step whose two best tokens are nearer than that.
     */
    private record Case(Path path, float narrow) {}

    private final List<String> prompts;
    private final List<Case> cases = new ArrayList<>();

    LlamaCppComparison(String... prompts) {
        this.prompts = List.of(prompts);
    }

    void add(Path path, float narrow) {
        cases.add(new Case(path, narrow));
    }

    /**
     * Compares all files with all prompts.
     *
     * @param atLeast mean number of steps that must have been clear enough to compare
     */
    void run(Path scratch, int atLeast) throws IOException, InterruptedException {
        List<LlamaCppProcess.Request> requests = new ArrayList<>();
        for (Case one : cases) {
            prompts.forEach(prompt -> requests.add(new LlamaCppProcess.Request(one.path(), prompt, TOKENS)));
        }
        List<LlamaCppProcess.Answer> answers = LlamaCppProcess.run(scratch, requests);
        assertThat(answers).hasSameSizeAs(requests);
        int compared = 0;
        StringBuilder steps = new StringBuilder();
        for (int i = 0; i < requests.size(); i++) {
            Case one = cases.get(i / prompts.size());
            int same = compare(one, requests.get(i).prompt(), answers.get(i));
            steps.append(one.path().getFileName()).append(' ').append(same).append(' ');
            compared += same;
        }
        assertThat(compared).as("steps compared: %s", steps).isGreaterThanOrEqualTo(requests.size() * atLeast);
    }

    /** The number of steps whose tokens are the same before the first narrow one. */
    private int compare(Case one, String prompt, LlamaCppProcess.Answer answer) throws IOException {
        Path path = one.path();
        Tokenizer tokenizer;
        try (GgufFile file = GgufFile.open(path)) {
            tokenizer = Tokenizers.fromGguf(file.metadata());
        }
        assertThat(tokenizer.encode(prompt, new EncodeOptions(false, true)))
                .as(path.toString())
                .isEqualTo(answer.promptIds());
        assertThat(answer.text()).as(path.toString()).isNotEmpty();
        StringBuilder text = new StringBuilder();
        int steps = 0;
        try (ModelRunner runner = new ModelRunner(path, 64)) {
            List<float[]> logits = runner.feed(tokenizer.encode(prompt, new EncodeOptions(true, true)));
            while (steps < TOKENS && ModelRunner.gap(logits.getLast()) >= one.narrow()) {
                int id = ModelRunner.argmax(logits.getLast());
                byte[] bytes = tokenizer.bytes(id);
                if (bytes.length == 0 || bytes[0] < 0) {
                    break;
                }
                text.append(new String(bytes, StandardCharsets.US_ASCII));
                logits = runner.feed(id);
                steps++;
            }
        }
        assertThat(answer.text()).as("%s, %d steps", path.getFileName(), steps).startsWith(text.toString());
        return steps;
    }
}
