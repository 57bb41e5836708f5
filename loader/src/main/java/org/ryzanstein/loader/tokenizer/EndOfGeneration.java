package org.ryzanstein.loader.tokenizer;

import java.util.Collection;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;

/**
 * The tokens that end an answer. Files name one or two of them at best, so that llama.cpp also knows them by their
 * spelling; the names are those of its src/llama-vocab.cpp.
 */
final class EndOfGeneration {
    private static final Set<String> NAMES = Set.of(
            "<|eot_id|>",
            "<|eom_id|>",
            "<|im_end|>",
            "<|end|>",
            "<|return|>",
            "<|call|>",
            "<|calls|>",
            "<|flush|>",
            "<end_of_turn>",
            "<turn|>",
            "<|tool_response>",
            "<|endoftext|>",
            "<|end_of_text|>",
            "<end_of_utterance>",
            "<｜end▁of▁sentence｜>",
            "</s>",
            "<eos>",
            "<EOT>",
            "_<EOT>",
            "[EOT]",
            "[EOS]",
            "[e~[",
            "<|fim_pad|>",
            "<fim-pad>",
            "<fim_pad>",
            "<PAD>",
            "[PAD]",
            "<|fim_repo|>",
            "<|repo_name|>",
            "<fim-repo>",
            "<REPO>",
            "<reponame>",
            "<|file_sep|>");

    private EndOfGeneration() {}

    /**
     * Corrects the kinds of a GGUF file that has {@code <|im_end|>} and the like as normal text. llama.cpp does so for
     * all the names; here those that ordinary text holds too are left alone: {@code </s>} is HTML, and a normal token of
     * Qwen's vocabulary.
     */
    static void markControl(String[] tokens, TokenKind[] kinds) {
        for (int id = 0; id < tokens.length; id++) {
            boolean marked =
                    tokens[id].startsWith("<|") || tokens[id].startsWith("<｜") || tokens[id].startsWith("<end_of_");
            if (kinds[id] == TokenKind.NORMAL && marked && NAMES.contains(tokens[id])) {
                kinds[id] = TokenKind.CONTROL;
            }
        }
    }

    /** The ids that end an answer: the named ones, and those known by spelling that are not normal text. */
    static Set<Integer> find(Vocabulary vocabulary, Collection<Integer> named) {
        Set<Integer> ids = new TreeSet<>();
        for (String name : NAMES) {
            vocabulary.id(name).stream()
                    .filter(id -> vocabulary.kind(id) != TokenKind.NORMAL)
                    .forEach(ids::add);
        }
        boolean calls = has(vocabulary, ids, "<|call|>") || has(vocabulary, ids, "<|calls|>");
        if ((has(vocabulary, ids, "<|call|>") && has(vocabulary, ids, "<|return|>"))
                || (calls && has(vocabulary, ids, "<|flush|>"))) {
            remove(vocabulary, ids, "<|end|>"); // there it ends a message, not the answer
        }
        if (has(vocabulary, ids, "<|tool_response>")) {
            remove(vocabulary, ids, "</s>");
        }
        ids.addAll(named);
        return ids;
    }

    private static boolean has(Vocabulary vocabulary, Set<Integer> ids, String name) {
        OptionalInt id = vocabulary.id(name);
        return id.isPresent() && ids.contains(id.getAsInt());
    }

    private static void remove(Vocabulary vocabulary, Set<Integer> ids, String name) {
        vocabulary.id(name).ifPresent(ids::remove);
    }
}
