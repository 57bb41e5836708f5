package org.ryzanstein.loader.format;

/**
 * A model file, or a field of it, that cannot be used. The message names the file, the field, what was found, what was
 * expected and, where there is one, the fix.
 */
public final class ModelFormatException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public ModelFormatException(String message) {
        super(message);
    }

    public ModelFormatException(String message, Throwable cause) {
        super(message, cause);
    }

    /** Message of the one shape used throughout: {@code FILE: FIELD: found X, expected Y; FIX}. */
    public static ModelFormatException of(String file, String field, String found, String expected) {
        return new ModelFormatException(file + ": " + field + ": found " + found + ", expected " + expected);
    }
}
