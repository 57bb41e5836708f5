package org.ryzanstein.loader.tokenizer;

import java.util.OptionalInt;
import java.util.Set;

/**
 * SentencePiece BPE (Kudo, Richardson: SentencePiece, 2018): added tokens are matched as wholes, the spaces of the rest
 * become part of the text, and its characters are merged; what has no token becomes bytes.
 */
final class SentencePieceTokenizer implements Tokenizer {
    private final Vocabulary vocabulary;
    private final SentencePieces pieces;
    private final SpaceRule spaces;
    private final LeadingSpace leadingSpace;
    private final AddedTokens addedTokens;
    private final SpecialIds special;

    SentencePieceTokenizer(
            Vocabulary vocabulary,
            SentencePieces pieces,
            SpaceRule spaces,
            LeadingSpace leadingSpace,
            AddedTokens addedTokens,
            SpecialIds special) {
        this.vocabulary = vocabulary;
        this.pieces = pieces;
        this.spaces = spaces;
        this.leadingSpace = leadingSpace;
        this.addedTokens = addedTokens;
        this.special = special;
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
        SentencePieceEncoder encoder = new SentencePieceEncoder(pieces, ids);
        AddedTokenMatcher inNormalized = addedTokens.inNormalized(options.parseSpecial());
        String wellFormed = UnpairedSurrogates.replace(text);
        addedTokens
                .inOriginal(options.parseSpecial())
                .scan(wellFormed, 0, wellFormed.length(), new AddedTokenMatcher.Segments() {
                    @Override
                    public void text(String segment, int start, int end) {
                        String normalized = spaces.normalize(segment, start, end);
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
    public boolean isControl(int id) {
        return !vocabulary.isText(id) || vocabulary.byteCount(id) == 0;
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
        return new Detokenizer(vocabulary, leadingSpace, renderControl);
    }

    @Override
    public Detokenizer detokenizerAfter(int[] prompt, boolean renderControl) {
        return detokenizer(renderControl).after(prompt);
    }

    @Override
    public String describe() {
        return "SentencePiece BPE, " + vocabulary.size() + " tokens, "
                + (pieces.hasBytes() ? "byte fallback" : "no byte fallback")
                + (spaces.prefix() == SpaceRule.Prefix.NEVER ? ", no space prefix" : "")
                + (spaces.collapse() ? ", extra spaces removed" : "");
    }
}
