package org.ryzanstein.api.kernel;

/** A backend has no kernel for weights of this content; the message names the tensor and its kind. */
public final class UnsupportedWeightsException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public UnsupportedWeightsException(String message) {
        super(message);
    }
}
