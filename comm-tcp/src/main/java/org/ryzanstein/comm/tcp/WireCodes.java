package org.ryzanstein.comm.tcp;

import java.util.List;
import java.util.Locale;
import org.ryzanstein.api.comm.CommunicationException.Kind;
import org.ryzanstein.api.comm.OperationKind;
import org.ryzanstein.api.comm.ReduceOperation;
import org.ryzanstein.api.kernel.ElementType;

/** The numbers by which things go over the wire: their places in these lists, whatever the order of declaration. */
final class WireCodes {
    /** In place of an element type or reduction that a call does not have. */
    static final byte NONE = -1;

    private static final List<OperationKind> OPERATIONS = List.of(
            OperationKind.ALL_REDUCE,
            OperationKind.ALL_GATHER,
            OperationKind.REDUCE_SCATTER,
            OperationKind.BROADCAST,
            OperationKind.SEND,
            OperationKind.RECEIVE,
            OperationKind.BARRIER);
    private static final List<ElementType> TYPES = List.of(ElementType.FLOAT32, ElementType.INT32);
    private static final List<ReduceOperation> REDUCTIONS = List.of(ReduceOperation.SUM, ReduceOperation.MAX);
    private static final List<Kind> FAILURES =
            List.of(Kind.RANK_DEAD, Kind.DEADLINE, Kind.MISMATCH, Kind.ABORTED, Kind.PROTOCOL, Kind.REFUSED);
    private static final List<Hello.Purpose> PURPOSES =
            List.of(Hello.Purpose.DATA, Hello.Purpose.CONTROL, Hello.Purpose.LINK);

    /** Of the frames of a send, which are those of the receive too. */
    static final byte SEND = of(OperationKind.SEND);

    private WireCodes() {}

    static byte of(OperationKind kind) {
        return (byte) OPERATIONS.indexOf(kind);
    }

    static byte of(ElementType type) {
        return (byte) TYPES.indexOf(type);
    }

    static byte of(ReduceOperation reduction) {
        return (byte) REDUCTIONS.indexOf(reduction);
    }

    static byte of(Kind failure) {
        return (byte) FAILURES.indexOf(failure);
    }

    static byte of(Hello.Purpose purpose) {
        return (byte) PURPOSES.indexOf(purpose);
    }

    static boolean isFailure(byte code) {
        return code >= 0 && code < FAILURES.size();
    }

    static Kind failure(byte code) {
        return FAILURES.get(code);
    }

    static boolean isPurpose(byte code) {
        return code >= 0 && code < PURPOSES.size();
    }

    static Hello.Purpose purpose(byte code) {
        return PURPOSES.get(code);
    }

    /** A call in words, also one that a peer says it made. */
    static String describe(
            byte kind, byte type, byte reduce, int root, int rows, int columns, int sequence, int group) {
        StringBuilder text = new StringBuilder(name(OPERATIONS, kind).replace('_', '-'));
        if (reduce != NONE) {
            text.append(' ').append(name(REDUCTIONS, reduce));
        }
        if (root >= 0) {
            text.append(" from rank ").append(root);
        }
        if (type != NONE) {
            text.append(" of ").append(rows).append(" x ").append(columns);
            text.append(' ').append(name(TYPES, type));
        }
        text.append(" (call ").append(sequence).append(" of group ").append(group);
        return text.append(')').toString();
    }

    private static String name(List<? extends Enum<?>> values, byte code) {
        return code >= 0 && code < values.size()
                ? values.get(code).name().toLowerCase(Locale.ROOT)
                : "unknown code " + code;
    }
}
