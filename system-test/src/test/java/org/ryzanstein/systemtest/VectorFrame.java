package org.ryzanstein.systemtest;

import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** What {@link VectorCasts} knows of each local variable and stack element at one place in a method's code. Long and double take two. */
final class VectorFrame {
    enum Kind {
        /** The class of a species, as {@code Lanes} holds it. */
        CLASS,
        /** A vector whose class is known. */
        VECTOR
    }

    /** What is known of one; {@code at} is the instruction that made it, by which vectors are told apart. Of all others it is null. */
    record Known(Kind kind, int at) {}

    private final int locals;
    private final @Nullable Known[] slots;
    private int top;

    VectorFrame(int locals, int stack) {
        this.locals = locals;
        this.slots = new Known[locals + stack];
        this.top = locals;
    }

    private VectorFrame(VectorFrame other) {
        this.locals = other.locals;
        this.slots = other.slots.clone();
        this.top = other.top;
    }

    VectorFrame copy() {
        return new VectorFrame(this);
    }

    /** The frame at the beginning of a handler of an exception that is thrown here. */
    VectorFrame ofHandler() {
        VectorFrame handler = copy();
        handler.pop(top - locals);
        handler.push(null);
        return handler;
    }

    @Nullable
    Known local(int slot) {
        return slots[slot];
    }

    void setLocal(int slot, @Nullable Known known) {
        slots[slot] = known;
    }

    void push(@Nullable Known known) {
        slots[top++] = known;
    }

    void pushUnknown(int count) {
        for (int i = 0; i < count; i++) {
            push(null);
        }
    }

    @Nullable
    Known pop() {
        Known known = slots[--top];
        slots[top] = null;
        return known;
    }

    void pop(int count) {
        for (int i = 0; i < count; i++) {
            pop();
        }
    }

    /** Copies the upper {@code count} elements below the {@code under} ones that lie beneath them. */
    void duplicate(int count, int under) {
        int from = top - count - under;
        @Nullable Known[] upper = Arrays.copyOfRange(slots, top - count, top);
        System.arraycopy(slots, from, slots, from + count, count + under);
        System.arraycopy(upper, 0, slots, from, count);
        top += count;
    }

    /** What is known where this frame and another meet. */
    VectorFrame merge(VectorFrame other) {
        if (top != other.top) {
            throw new IllegalStateException("stacks of " + (top - locals) + " and " + (other.top - locals) + " meet");
        }
        VectorFrame merged = copy();
        for (int i = 0; i < top; i++) {
            if (!Objects.equals(slots[i], other.slots[i])) {
                merged.slots[i] = null;
            }
        }
        return merged;
    }

    boolean knowsAsMuchAs(VectorFrame other) {
        return Arrays.equals(slots, other.slots);
    }
}
