package org.ryzanstein.comm.tcp;

import org.jspecify.annotations.Nullable;

/** Operations under way by their sequence number. It grows with the number that are open at once and never shrinks. */
final class OperationRing {
    private static final int FIRST_SIZE = 16;

    private @Nullable TcpOperation[] slots = new @Nullable TcpOperation[FIRST_SIZE];

    void put(TcpOperation operation) {
        while (slots[index(operation.sequence())] != null) {
            grow();
        }
        slots[index(operation.sequence())] = operation;
    }

    @Nullable
    TcpOperation get(int sequence) {
        TcpOperation found = slots[index(sequence)];
        return found != null && found.sequence() == sequence ? found : null;
    }

    void remove(TcpOperation operation) {
        int index = index(operation.sequence());
        if (slots[index] == operation) {
            slots[index] = null;
        }
    }

    private int index(int sequence) {
        return sequence & (slots.length - 1);
    }

    private void grow() {
        @Nullable TcpOperation[] old = slots;
        slots = new @Nullable TcpOperation[old.length * 2];
        for (TcpOperation operation : old) {
            if (operation != null) {
                slots[index(operation.sequence())] = operation;
            }
        }
    }
}
