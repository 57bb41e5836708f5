package org.ryzanstein.loader.format;

/**
 * A model file, or a field of it, that cannot be used. The message names the file, the field, what was found, what was
 * expected and, where there is one, the fix.
 */
public final class ModelFormatException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** Longest part of a file's content in a message, in characters. */
    private static final int LONGEST = 200;

    public ModelFormatException(String message) {
        super(message);
    }

    public ModelFormatException(String message, Throwable cause) {
        super(message, cause);
    }

    /**
     * Message of the one shape used throughout: {@code FILE: FIELD: found X, expected Y; FIX}. Field and found value may come
     * from the file: they are cut short, and control characters in them are replaced.
     */
    public static ModelFormatException of(String file, String field, String found, String expected) {
        return new ModelFormatException(
                file + ": " + printable(field) + ": found " + printable(found) + ", expected " + expected);
    }

    /** As {@link #of(String, String, String, String)}, with what was thrown underneath. */
    public static ModelFormatException of(String file, String field, String found, String expected, Throwable cause) {
        ModelFormatException refusal = of(file, field, found, expected);
        refusal.initCause(cause);
        return refusal;
    }

    private static String printable(String text) {
        if (text.isEmpty()) {
            return "an empty string";
        }
        String shown = text.length() > LONGEST ? text.substring(0, LONGEST) + "..." : text;
        return shown.replaceAll("\\p{Cntrl}", "?");
    }
}
