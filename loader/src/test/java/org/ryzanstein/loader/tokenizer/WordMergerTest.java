package org.ryzanstein.loader.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;

class WordMergerTest {
    private static final List<String> MERGES = List.of(
            "b a", "a a", "a b", "ab a", "aa aa", "c c", "ab ab", "ba c", "aaaa aaaa", "cc a", "a cc", "abab c");

    private final SmallVocabulary small = new SmallVocabulary(MERGES.toArray(String[]::new));
    private final Vocabulary vocabulary;
    private final MergeTable merges;

    WordMergerTest() {
        MapMetadata metadata = small.metadata();
        String[] tokens =
                metadata.strings("tokenizer.ggml.tokens").orElseThrow().toArray(String[]::new);
        TokenKind[] kinds = new TokenKind[tokens.length];
        Arrays.fill(kinds, TokenKind.NORMAL);
        vocabulary = new Vocabulary("test", "tokens", tokens, kinds, Spelling.BYTE_LEVEL);
        merges = new MergeTable("test", "merges", MERGES.size());
        for (String merge : MERGES) {
            int space = merge.indexOf(' ');
            merges.add("test", "merges", merge.substring(0, space), merge.substring(space + 1), vocabulary);
        }
    }

    @Test
    void scanAndQueueGiveWhatTheDefinitionGives() {
        Random random = new Random(11);
        WordMerger merger = new WordMerger(merges);
        for (int i = 0; i < 4000; i++) {
            int[] word = random.ints(1 + random.nextInt(40), 'a', 'd').toArray();
            List<Integer> expected = byDefinition(word);
            IntList scanned = new IntList();
            System.arraycopy(word, 0, merger.symbols(word.length), 0, word.length);
            merger.mergeByScan(word.length, scanned);
            assertThat(scanned.toArray()).containsExactly(expected.toArray(Integer[]::new));
            IntList queued = new IntList();
            System.arraycopy(word, 0, merger.symbols(word.length), 0, word.length);
            merger.mergeByQueue(word.length, queued);
            assertThat(queued.toArray()).containsExactly(expected.toArray(Integer[]::new));
        }
    }

    private List<Integer> byDefinition(int[] word) {
        List<Integer> symbols = new ArrayList<>();
        Arrays.stream(word).forEach(symbols::add);
        while (true) {
            long best = Long.MAX_VALUE;
            int at = -1;
            for (int i = 0; i + 1 < symbols.size(); i++) {
                long found = merges.find(symbols.get(i), symbols.get(i + 1));
                if (found != MergeTable.NONE && found >>> 32 < best) {
                    best = found >>> 32;
                    at = i;
                }
            }
            if (at < 0) {
                return symbols;
            }
            symbols.set(at, (int) merges.find(symbols.get(at), symbols.remove(/* index */ at + 1)));
        }
    }

    @Test
    void mergesAMegabyteOfOneLetterQuickly() {
        Tokenizer tokenizer = small.tokenizer();
        int[] ids = Assertions.assertTimeoutPreemptively(
                Duration.ofSeconds(20), () -> tokenizer.encode("a".repeat(1 << 20), new EncodeOptions(false, false)));
        assertThat(ids).hasSize(1 << 17).containsOnly(small.id("aaaaaaaa"));
    }

    @Test
    void shortWordsAfterALongOneStayCheap() {
        Tokenizer tokenizer = small.tokenizer();
        String text = "a".repeat(1 << 20) + (" " + "abc".repeat(12)).repeat(1 << 14);
        int[] ids = Assertions.assertTimeoutPreemptively(
                Duration.ofSeconds(20), () -> tokenizer.encode(text, new EncodeOptions(false, false)));
        assertThat(tokenizer.decode(ids, false)).isEqualTo(text);
    }
}
