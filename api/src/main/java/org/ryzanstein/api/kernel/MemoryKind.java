package org.ryzanstein.api.kernel;

/** Where a backend's buffers live. */
public enum MemoryKind {
    HOST,
    DEVICE
}
