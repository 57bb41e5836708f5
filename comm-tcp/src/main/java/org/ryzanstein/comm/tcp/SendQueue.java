package org.ryzanstein.comm.tcp;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Messages and pieces of messages that wait to be sent to one peer, in order. It grows when it must and never shrinks. */
final class SendQueue {
    private static final int FIRST_SIZE = 16;

    /** Words {@code next .. end} of the message of an operation's phase. */
    private static final class Entry {
        private @Nullable TcpOperation operation;
        private int phase;
        private int next;
        private int end;
    }

    private Entry[] entries = {};
    private int first;
    private int count;

    SendQueue() {
        resize(FIRST_SIZE);
    }

    private void resize(int size) {
        Entry[] larger = new Entry[size];
        for (int i = 0; i < size; i++) {
            larger[i] = i < count ? entries[(first + i) & (entries.length - 1)] : new Entry();
        }
        entries = larger;
        first = 0;
    }

    boolean isEmpty() {
        return count == 0;
    }

    /** Puts words {@code from .. end} of a message at the end. */
    void add(TcpOperation operation, int phase, int from, int end) {
        if (count == entries.length) {
            resize(entries.length * 2);
        }
        Entry last = entries[(first + count) & (entries.length - 1)];
        last.operation = operation;
        last.phase = phase;
        last.next = from;
        last.end = end;
        count++;
    }

    private Entry head() {
        return entries[first];
    }

    /** What is sent next. There must be something. */
    TcpOperation operation() {
        return Objects.requireNonNull(head().operation);
    }

    int phase() {
        return head().phase;
    }

    /** The first word that was not sent yet. */
    int next() {
        return head().next;
    }

    /** How many words of the first entry are left. */
    int left() {
        return head().end - head().next;
    }

    /** So many words were sent; an entry of which nothing is left goes. */
    void sent(int words) {
        Entry head = head();
        head.next += words;
        if (head.next == head.end) {
            head.operation = null;
            first = (first + 1) & (entries.length - 1);
            count--;
        }
    }
}
