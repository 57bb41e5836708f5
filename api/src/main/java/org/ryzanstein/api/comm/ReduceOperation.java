package org.ryzanstein.api.comm;

/** How an all-reduce or reduce-scatter combines elements. */
public enum ReduceOperation {
    SUM,
    MAX
}
