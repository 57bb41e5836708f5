package org.ryzanstein.loader.tokenizer;

/**
 * A token that is matched in the text as a whole, before any cutting and merging.
 *
 * @param special matched only where the caller allows it
 * @param singleWord matched only where no word character adjoins
 * @param stripLeft takes the white space before it along, and so removes it
 * @param stripRight the same after it
 * @param normalized matched in the normalised text instead of the original
 */
record AddedToken(
        int id,
        String content,
        boolean special,
        boolean singleWord,
        boolean stripLeft,
        boolean stripRight,
        boolean normalized) {
    /** A token without flags. */
    static AddedToken plain(int id, String content, boolean special) {
        return new AddedToken(id, content, special, false, false, false, false);
    }

    AddedToken matchedInOriginal() {
        return new AddedToken(id, content, special, singleWord, stripLeft, stripRight, false);
    }
}
