package org.ryzanstein.loader.parallel;

/**
 * Who computes the keys and values of KV heads that query heads of several ranks read. Each of these ranks may do so for itself,
 * or the first of them computes the keys and the last one the values, and all others get them: in a row to which each rank
 * gives the keys of one head or none, and then the values of one or none.
 */
public final class StraddlingHeads {
    /** No place in the row. */
    public static final int NONE = -1;

    private final Range[] held;
    private final int rank;
    private final boolean shared;

    /**
     * Of one rank.
     *
     * @param held KV heads that the query heads of each rank read, in rank order; those of neighbours may overlap by one
     * @param shared whether they are computed once
     */
    StraddlingHeads(Range[] held, int rank, boolean shared) {
        this.held = held;
        this.rank = rank;
        this.shared = shared;
    }

    /** Whether ranks get anything from others. */
    public boolean areExchanged() {
        for (int each = 0; each < held.length; each++) {
            if (firstIsBefore(each)) {
                return true;
            }
        }
        return false;
    }

    /** The KV heads whose keys this rank computes. */
    public Range keys() {
        int missing = firstIsBefore(rank) ? 1 : 0;
        return new Range(held[rank].first() + missing, held[rank].count() - missing);
    }

    /** The KV heads whose values this rank computes. */
    public Range values() {
        return new Range(held[rank].first(), held[rank].count() - (lastIsBehind(rank) ? 1 : 0));
    }

    /**
     * How much of the row each rank gives.
     *
     * @param width of one head
     */
    public int[] counts(int width) {
        int[] counts = new int[held.length];
        for (int each = 0; each < counts.length; each++) {
            counts[each] = Math.multiplyExact((givesKeys(each) ? 1 : 0) + (givesValues(each) ? 1 : 0), width);
        }
        return counts;
    }

    /** Where in the row the keys of this rank's last head go, in heads. */
    public int givenKeys() {
        return givesKeys(rank) ? first(rank) : NONE;
    }

    /** Where in the row the values of this rank's first head go. */
    public int givenValues() {
        return givesValues(rank) ? valuesOf(rank) : NONE;
    }

    /** Where in the row the keys of this rank's first head come from, if it does not compute them. */
    public int takenKeys() {
        if (!firstIsBefore(rank)) {
            return NONE;
        }
        int giver = rank - 1;
        while (!givesKeys(giver)) {
            giver--;
        }
        return first(giver);
    }

    /** Where in the row the values of this rank's last head come from, if it does not compute them. */
    public int takenValues() {
        if (!lastIsBehind(rank)) {
            return NONE;
        }
        int giver = rank + 1;
        while (!givesValues(giver)) {
            giver++;
        }
        return valuesOf(giver);
    }

    private int first(int each) {
        int place = 0;
        for (int before = 0; before < each; before++) {
            place += (givesKeys(before) ? 1 : 0) + (givesValues(before) ? 1 : 0);
        }
        return place;
    }

    private int valuesOf(int each) {
        return first(each) + (givesKeys(each) ? 1 : 0);
    }

    /** The first rank that holds a head gives its keys. */
    private boolean givesKeys(int each) {
        return lastIsBehind(each) && !(held[each].count() == 1 && firstIsBefore(each));
    }

    /** The last rank that holds a head gives its values. */
    private boolean givesValues(int each) {
        return firstIsBefore(each) && !(held[each].count() == 1 && lastIsBehind(each));
    }

    /** Whether the rank before holds the first head of this one, too. */
    private boolean firstIsBefore(int each) {
        if (!shared || each == 0 || held[each].isEmpty()) {
            return false;
        }
        Range before = held[each - 1];
        return held[each].first() < before.first() + before.count();
    }

    private boolean lastIsBehind(int each) {
        return each + 1 < held.length && firstIsBefore(each + 1);
    }
}
