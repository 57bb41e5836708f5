package org.ryzanstein.loader.template;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * An immutable string that remembers which of its characters came from the conversation. The origin is kept as the
 * rising offsets at which it changes; before the first offset the text is the template's own.
 */
final class Text {
    static final Text EMPTY = new Text("", new int[0]);
    private static final int[] OWN = {};
    private static final int[] INPUT = {0};

    private final String chars;
    private final int[] toggles;

    private Text(String chars, int[] toggles) {
        this.chars = chars;
        this.toggles = toggles;
    }

    static Text of(String chars, boolean fromInput) {
        return chars.isEmpty() ? EMPTY : new Text(chars, fromInput ? INPUT : OWN);
    }

    /** A text of the template's own. */
    static Text own(String chars) {
        return of(chars, false);
    }

    String chars() {
        return chars;
    }

    int length() {
        return chars.length();
    }

    boolean isEmpty() {
        return chars.isEmpty();
    }

    /** Whether any character came from the conversation. */
    boolean anyFromInput() {
        return toggles.length > 0;
    }

    /** Whether all characters have the same origin. */
    boolean uniform() {
        return toggles.length == 0 || (toggles.length == 1 && toggles[0] == 0);
    }

    /** Receives stretches of one origin, in order. */
    interface RunConsumer {
        void run(int from, int to, boolean fromInput);
    }

    /** Hands over the stretches of one origin between two offsets. */
    void runs(int from, int to, RunConsumer consumer) {
        int found = Arrays.binarySearch(toggles, from);
        int next = found >= 0 ? found + 1 : -found - 1;
        int at = from;
        while (at < to) {
            int end = next < toggles.length ? Math.min(to, toggles[next]) : to;
            consumer.run(at, end, (next & 1) == 1);
            at = end;
            next++;
        }
    }

    Text slice(Budget budget, int from, int to) {
        if (from == 0 && to == chars.length()) {
            return this;
        }
        if (from >= to) {
            return EMPTY;
        }
        if (uniform()) {
            budget.text(to - from);
            return new Text(chars.substring(from, to), toggles);
        }
        return new Builder(budget).append(this, from, to).build();
    }

    Text repeat(Budget budget, int count) {
        if (uniform()) {
            budget.text((long) chars.length() * count);
            return isEmpty() || count == 0 ? EMPTY : new Text(chars.repeat(count), toggles);
        }
        Builder out = new Builder(budget);
        for (int i = 0; i < count; i++) {
            out.append(this);
        }
        return out.build();
    }

    /** The whole as segments of one origin each. */
    List<ChatTemplate.Segment> segments() {
        List<ChatTemplate.Segment> segments = new ArrayList<>(toggles.length + 1);
        runs(
                0,
                chars.length(),
                (from, to, fromInput) -> segments.add(new ChatTemplate.Segment(chars.substring(from, to), fromInput)));
        return List.copyOf(segments);
    }

    /** Collects text and the origin of its characters. */
    static final class Builder {
        private final Budget budget;
        private final StringBuilder chars = new StringBuilder();
        private int[] toggles = new int[4];
        private int count;

        Builder(Budget budget) {
            this.budget = budget;
        }

        int length() {
            return chars.length();
        }

        Builder append(String s, boolean fromInput) {
            return append(s, 0, s.length(), fromInput);
        }

        Builder append(Text text) {
            return append(text, 0, text.length());
        }

        Builder append(Text text, int from, int to) {
            text.runs(from, to, (a, b, fromInput) -> append(text.chars, a, b, fromInput));
            return this;
        }

        private Builder append(String s, int from, int to, boolean fromInput) {
            if (from == to) {
                return this;
            }
            budget.text(to - from);
            if (fromInput != ((count & 1) == 1)) {
                if (count == toggles.length) {
                    toggles = Arrays.copyOf(toggles, count * 2);
                }
                toggles[count++] = chars.length();
            }
            chars.append(s, from, to);
            return this;
        }

        Text build() {
            return chars.isEmpty() ? EMPTY : new Text(chars.toString(), Arrays.copyOf(toggles, count));
        }
    }
}
