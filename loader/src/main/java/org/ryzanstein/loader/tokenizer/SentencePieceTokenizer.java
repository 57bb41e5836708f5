package org.ryzanstein.loader.tokenizer;

/**
 * SentencePiece BPE (Kudo, Richardson: SentencePiece, 2018): added tokens are matched as wholes, the spaces of the rest
 * become part of the text, and its characters are merged; what has no token becomes bytes.
 */
final class SentencePieceTokenizer extends VocabularyTokenizer {
    private final SentencePieces pieces;
    private final SpaceRule spaces;
    private final LeadingSpace leadingSpace;

    SentencePieceTokenizer(
            Vocabulary vocabulary,
            SentencePieces pieces,
            SpaceRule spaces,
            LeadingSpace leadingSpace,
            AddedTokens addedTokens,
            SpecialIds special) {
        super(vocabulary, addedTokens, special);
        this.pieces = pieces;
        this.spaces = spaces;
        this.leadingSpace = leadingSpace;
    }

    @Override
    String normalize(String text, int start, int end) {
        return spaces.normalize(text, start, end);
    }

    @Override
    AddedTokenMatcher.Segments encoder(IntList ids) {
        return new SentencePieceEncoder(pieces, ids);
    }

    @Override
    public boolean isControl(int id) {
        return !vocabulary().isText(id) || vocabulary().byteCount(id) == 0;
    }

    @Override
    public Detokenizer detokenizer(boolean renderControl) {
        return new Detokenizer(vocabulary(), leadingSpace, renderControl);
    }

    @Override
    public Detokenizer detokenizerAfter(int[] prompt, boolean renderControl) {
        return detokenizer(renderControl).after(prompt);
    }

    @Override
    public String describe() {
        return "SentencePiece BPE, " + vocabularySize() + " tokens, "
                + (pieces.hasBytes() ? "byte fallback" : "no byte fallback")
                + (spaces.prefix() == SpaceRule.Prefix.NEVER ? ", no space prefix" : "")
                + (spaces.collapse() ? ", extra spaces removed" : "");
    }
}
