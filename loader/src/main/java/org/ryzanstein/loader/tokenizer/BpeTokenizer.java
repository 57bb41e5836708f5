package org.ryzanstein.loader.tokenizer;

import java.util.OptionalInt;
import java.util.Set;

/**
 * Byte-level BPE: added tokens are matched as wholes, the rest is normalised, cut by the pre-tokenizer, written as UTF-8,
 * and the bytes of every piece are merged.
 */
final class BpeTokenizer implements Tokenizer {
    private final String source;
    private final Vocabulary vocabulary;
    private final MergeTable merges;
    private final PreTokenizer preTokenizer;
    private final TextNormalizer normalizer;
    private final AddedTokens addedTokens;
    private final SpecialIds special;
    private final int[] byteIds = new int[256]; // the token of each byte, or -1

    BpeTokenizer(
            String source,
            Vocabulary vocabulary,
            MergeTable merges,
            PreTokenizer preTokenizer,
            TextNormalizer normalizer,
            AddedTokens addedTokens,
            SpecialIds special) {
        this.source = source;
        this.vocabulary = vocabulary;
        this.merges = merges;
        this.preTokenizer = preTokenizer;
        this.normalizer = normalizer;
        this.addedTokens = addedTokens;
        this.special = special;
        for (int value = 0; value < byteIds.length; value++) {
            byteIds[value] =
                    vocabulary.id(String.valueOf(ByteAlphabet.character(value))).orElse(-1);
        }
    }

    @Override
    public int vocabularySize() {
        return vocabulary.size();
    }

    @Override
    public int[] encode(String text, EncodeOptions options) {
        IntList ids = new IntList();
        if (options.addBos()) {
            special.prefix().forEach(ids::add);
        }
        PieceEncoder pieces = new PieceEncoder(source, vocabulary, merges, byteIds, preTokenizer.wholeWords(), ids);
        AddedTokenMatcher.Segments normalizedSegments = new AddedTokenMatcher.Segments() {
            @Override
            public void text(String segment, int start, int end) {
                preTokenizer.split(segment, start, end, pieces);
            }

            @Override
            public void token(int id) {
                ids.add(id);
            }
        };
        AddedTokenMatcher inNormalized = addedTokens.inNormalized(options.parseSpecial());
        AddedTokenMatcher.Segments originalSegments = new AddedTokenMatcher.Segments() {
            @Override
            public void text(String segment, int start, int end) {
                if (normalizer == TextNormalizer.NONE) {
                    inNormalized.scan(segment, start, end, normalizedSegments);
                } else {
                    String normalized = normalizer.normalize(segment.substring(start, end));
                    inNormalized.scan(normalized, 0, normalized.length(), normalizedSegments);
                }
            }

            @Override
            public void token(int id) {
                ids.add(id);
            }
        };
        String wellFormed = UnpairedSurrogates.replace(text);
        addedTokens.inOriginal(options.parseSpecial()).scan(wellFormed, 0, wellFormed.length(), originalSegments);
        if (options.addBos()) {
            special.suffix().forEach(ids::add);
        }
        return ids.toArray();
    }

    @Override
    public String token(int id) {
        return vocabulary.token(id);
    }

    @Override
    public byte[] bytes(int id) {
        return vocabulary.text(id);
    }

    @Override
    public boolean isControl(int id) {
        return !vocabulary.kind(id).isText();
    }

    @Override
    public OptionalInt bos() {
        return special.bos();
    }

    @Override
    public OptionalInt eos() {
        return special.eos();
    }

    @Override
    public Set<Integer> endOfGeneration() {
        return special.endOfGeneration();
    }

    @Override
    public String decode(int[] ids, boolean renderControl) {
        return detokenizer(renderControl).decode(ids);
    }

    @Override
    public Detokenizer detokenizer(boolean renderControl) {
        return new Detokenizer(vocabulary, LeadingSpace.KEPT, renderControl);
    }

    @Override
    public Detokenizer detokenizerAfter(int[] prompt, boolean renderControl) {
        return detokenizer(renderControl);
    }

    @Override
    public String describe() {
        return "byte-level BPE, pre-tokenizer " + preTokenizer.name()
                + (normalizer == TextNormalizer.NONE ? "" : ", text normalised to " + normalizer) + ", "
                + vocabulary.size() + " tokens, " + merges.size() + " merges";
    }
}
