package org.ryzanstein.api.comm;

/** The operations of a {@link Communicator}. */
public enum OperationKind {
    ALL_REDUCE,
    ALL_GATHER,
    REDUCE_SCATTER,
    BROADCAST,
    SEND,
    RECEIVE,
    BARRIER
}
