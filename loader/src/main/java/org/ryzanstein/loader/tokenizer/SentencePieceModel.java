package org.ryzanstein.loader.tokenizer;

import java.util.Arrays;

/**
 * What a {@code tokenizer.model} says (sentencepiece_model.proto), with the format's defaults where it says nothing.
 *
 * @param pieces their spellings, and by the same index
 * @param scores their scores and
 * @param kinds their kinds
 * @param dummyPrefix {@code normalizer_spec.add_dummy_prefix}
 * @param removeExtraSpaces {@code normalizer_spec.remove_extra_whitespaces}
 * @param bosPiece {@code trainer_spec.bos_piece}
 * @param eosPiece {@code trainer_spec.eos_piece}
 */
record SentencePieceModel(
        String[] pieces,
        float[] scores,
        TokenKind[] kinds,
        boolean byteFallback,
        boolean dummyPrefix,
        boolean removeExtraSpaces,
        String bosPiece,
        String eosPiece) {

    /** The same with room for {@code size} tokens; places that stay empty mean nothing. */
    SentencePieceModel extendedTo(int size) {
        String[] morePieces = Arrays.copyOf(pieces, size);
        TokenKind[] moreKinds = Arrays.copyOf(kinds, size);
        Arrays.fill(morePieces, pieces.length, size, "");
        Arrays.fill(moreKinds, kinds.length, size, TokenKind.UNUSED);
        return new SentencePieceModel(
                morePieces,
                Arrays.copyOf(scores, size),
                moreKinds,
                byteFallback,
                dummyPrefix,
                removeExtraSpaces,
                bosPiece,
                eosPiece);
    }
}
