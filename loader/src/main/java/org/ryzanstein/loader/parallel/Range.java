package org.ryzanstein.loader.parallel;

/** The elements {@code first .. first + count} of a dimension. */
public record Range(int first, int count) {
    public Range {
        if (first < 0 || count < 0) {
            throw new IllegalArgumentException("range of " + count + " from " + first);
        }
    }

    public boolean isEmpty() {
        return count == 0;
    }

    /** The same range where each element stands for {@code width} of something. */
    public Range times(int width) {
        return new Range(Math.multiplyExact(first, width), Math.multiplyExact(count, width));
    }

    /** Such as {@code 0-9}, or {@code none}. */
    @Override
    public String toString() {
        return count == 0 ? "none" : count == 1 ? Integer.toString(first) : first + "-" + (first + count - 1);
    }
}
