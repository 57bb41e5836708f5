package org.ryzanstein.loader.tokenizer;

/**
 * Byte-level BPE: added tokens are matched as wholes, the rest is normalised, cut by the pre-tokenizer, written as UTF-8,
 * and the bytes of every piece are merged.
 */
final class BpeTokenizer extends VocabularyTokenizer {
    private final String source;
    private final MergeTable merges;
    private final PreTokenizer preTokenizer;
    private final TextNormalizer normalizer;
    private final int[] byteIds = new int[256]; // the token of each byte, or -1

    BpeTokenizer(
            String source,
            Vocabulary vocabulary,
            MergeTable merges,
            PreTokenizer preTokenizer,
            TextNormalizer normalizer,
            AddedTokens addedTokens,
            SpecialIds special) {
        super(vocabulary, addedTokens, special);
        this.source = source;
        this.merges = merges;
        this.preTokenizer = preTokenizer;
        this.normalizer = normalizer;
        for (int value = 0; value < byteIds.length; value++) {
            byteIds[value] =
                    vocabulary.id(String.valueOf(ByteAlphabet.character(value))).orElse(-1);
        }
    }

    @Override
    String normalize(String text, int start, int end) {
        return normalizer.normalize(text.substring(start, end));
    }

    @Override
    AddedTokenMatcher.Segments encoder(IntList ids) {
        PieceEncoder pieces = new PieceEncoder(source, vocabulary(), merges, byteIds, preTokenizer.wholeWords(), ids);
        return new AddedTokenMatcher.Segments() {
            @Override
            public void text(String text, int start, int end) {
                preTokenizer.split(text, start, end, pieces);
            }

            @Override
            public void token(int id) {
                ids.add(id);
            }
        };
    }

    @Override
    public boolean isControl(int id) {
        return !vocabulary().kind(id).isText();
    }

    @Override
    public Detokenizer detokenizer(boolean renderControl) {
        return new Detokenizer(vocabulary(), LeadingSpace.KEPT, renderControl);
    }

    @Override
    public Detokenizer detokenizerAfter(int[] prompt, boolean renderControl) {
        return detokenizer(renderControl);
    }

    @Override
    public String describe() {
        return "byte-level BPE, pre-tokenizer " + preTokenizer.name()
                + (normalizer == TextNormalizer.NONE ? "" : ", text normalised to " + normalizer) + ", "
                + vocabularySize() + " tokens, " + merges.size() + " merges";
    }
}
