package org.ryzanstein.loader.tokenizer;

import java.util.OptionalInt;
import java.util.Set;

/** What tokenizers have in common: a vocabulary, tokens with a role, and added tokens, which are matched as wholes. */
abstract class VocabularyTokenizer implements Tokenizer {
    private final Vocabulary vocabulary;
    private final AddedTokens addedTokens;
    private final SpecialIds special;

    VocabularyTokenizer(Vocabulary vocabulary, AddedTokens addedTokens, SpecialIds special) {
        this.vocabulary = vocabulary;
        this.addedTokens = addedTokens;
        this.special = special;
    }

    /** Normalises {@code text[start, end)}. */
    abstract String normalize(String text, int start, int end);

    /** Encodes normalised text and takes added tokens, for one call. */
    abstract AddedTokenMatcher.Segments encoder(IntList ids);

    Vocabulary vocabulary() {
        return vocabulary;
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
        AddedTokenMatcher.Segments encoder = encoder(ids);
        AddedTokenMatcher inNormalized = addedTokens.inNormalized(options.parseSpecial());
        String wellFormed = UnpairedSurrogates.replace(text);
        addedTokens
                .inOriginal(options.parseSpecial())
                .scan(wellFormed, 0, wellFormed.length(), new AddedTokenMatcher.Segments() {
                    @Override
                    public void text(String segment, int start, int end) {
                        String normalized = normalize(segment, start, end);
                        inNormalized.scan(normalized, 0, normalized.length(), encoder);
                    }

                    @Override
                    public void token(int id) {
                        encoder.token(id);
                    }
                });
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
}
