package org.ryzanstein.backend.cpu;

/** The best few of the tokens that were offered: by falling value, equal values by rising id. */
final class BestList {
    private final int[] ids;
    private final float[] values;
    private int limit;
    private int count;

    /** With room for so many. */
    BestList(int room) {
        ids = new int[room];
        values = new float[room];
    }

    /** Forgets all, and keeps the best {@code most} from now on. */
    void clear(int most) {
        limit = Math.min(most, ids.length);
        count = 0;
    }

    /** Offers a token. */
    void offer(int id, float value) {
        if (count == limit) {
            if (limit == 0 || !comesBefore(id, value, limit - 1)) {
                return;
            }
            count--;
        }
        int place = count++;
        while (place > 0 && comesBefore(id, value, place - 1)) {
            values[place] = values[place - 1];
            ids[place] = ids[place - 1];
            place--;
        }
        values[place] = value;
        ids[place] = id;
    }

    private boolean comesBefore(int id, float value, int place) {
        return value > values[place] || (value == values[place] && id < ids[place]);
    }

    /** What a value must reach to be kept: that of the last one, or minus infinity while there is room. */
    float threshold() {
        return count < limit ? Float.NEGATIVE_INFINITY : limit == 0 ? Float.POSITIVE_INFINITY : values[limit - 1];
    }

    int count() {
        return count;
    }

    int id(int place) {
        return ids[place];
    }

    float value(int place) {
        return values[place];
    }

    /** Offers all that another list holds. */
    void offerAll(BestList other) {
        for (int i = 0; i < other.count; i++) {
            offer(other.ids[i], other.values[i]);
        }
    }
}
