package org.ryzanstein.loader.tokenizer;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * How a text is cut before merging: the stages one after the other, each within the pieces of the one before.
 *
 * @param name for people
 * @param stages at least one
 * @param wholeWords a piece that is itself a token is not merged ({@code ignore_merges} of Llama 3)
 * @param addsBos whether a GGUF file with this pre-tokenizer wants a beginning-of-text token unless it says otherwise
 */
record PreTokenizer(String name, List<Splitter> stages, boolean wholeWords, boolean addsBos) {
    static final Splitter GPT2 = new Gpt2Splitter();
    static final Splitter LLAMA3 = new Llama3Splitter(3);
    static final Splitter QWEN2 = new Llama3Splitter(1);
    static final Splitter DIGITS = RunSplitter.groups(CharacterClass::isNumber, 1);

    /** What llama.cpp does with a file that names no pre-tokenizer: four expressions, after Falcon. */
    private static final List<Splitter> DEFAULT = List.of(
            RunSplitter.runs(c -> CharacterClass.isPunctuation(c) || (c < 0x80 && "$+<=>^~|".indexOf(c) >= 0)),
            GPT2,
            RunSplitter.runs(CharacterClass::isNumber),
            RunSplitter.groups(c -> c >= '0' && c <= '9', 3));

    /**
     * The values of {@code tokenizer.ggml.pre} that llama.cpp (src/llama-vocab.cpp) gives one of the expressions known
     * here, as far as nothing else distinguishes them.
     */
    private static final Map<String, PreTokenizer> BY_GGUF_NAME = Stream.of(
                    family(
                            List.of(LLAMA3),
                            true,
                            "llama-bpe llama3 llama-v3 falcon3 falcon-h1 pixtral midm-2.0 lfm2 jina-v5-nano"),
                    family(List.of(LLAMA3), false, "dbrx smaug-bpe glm4 chatglm-bpe"),
                    family(
                            List.of(QWEN2),
                            false,
                            "qwen2 deepseek-r1-qwen kormo f2llmv2 megrez stablelm2 hunyuan solar-open grok-2"),
                    family(
                            List.of(GPT2),
                            false,
                            "gpt-2 phi-2 gigachat a.x-4.0 mellum exaone4 mpt olmo jais trillion granite-docling"),
                    family(
                            List.of(DIGITS, GPT2),
                            false,
                            "starcoder refact command-r smollm codeshell exaone minerva-7b mellum2"),
                    family(DEFAULT, false, "default"))
            .flatMap(List::stream)
            .collect(Collectors.toUnmodifiableMap(PreTokenizer::name, pre -> pre));

    PreTokenizer {
        stages = List.copyOf(stages);
    }

    private static List<PreTokenizer> family(List<Splitter> stages, boolean llama3, String names) {
        return Stream.of(names.split(" "))
                .map(name -> new PreTokenizer(name, stages, llama3, llama3))
                .toList();
    }

    static Optional<PreTokenizer> ofGguf(String name) {
        return Optional.ofNullable(BY_GGUF_NAME.get(name));
    }

    /** The names that {@link #ofGguf} knows, for messages. */
    static String ggufNames() {
        return BY_GGUF_NAME.keySet().stream().sorted().collect(Collectors.joining(", "));
    }

    /** Hands on the pieces of {@code text[start, limit)} in order; each is not empty. */
    void split(String text, int start, int limit, PieceConsumer pieces) {
        split(text, start, limit, 0, pieces);
    }

    private void split(String text, int start, int limit, int stage, PieceConsumer pieces) {
        if (stage == stages.size()) {
            pieces.accept(text, start, limit);
            return;
        }
        Splitter splitter = stages.get(stage);
        for (int at = start; at < limit; ) {
            int end = splitter.end(text, at, limit);
            split(text, at, end, stage + 1, pieces);
            at = end;
        }
    }

    /** Takes the range {@code [start, end)} of a text. */
    @FunctionalInterface
    interface PieceConsumer {
        void accept(String text, int start, int end);
    }
}
