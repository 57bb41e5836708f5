package org.ryzanstein.loader.engine;

/** A request that can't be served as it is: it names the field, what was found and what was expected. */
public final class InvalidRequestException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final String field;

    public InvalidRequestException(String field, String problem) {
        super(field + ": " + problem);
        this.field = field;
    }

    /** The field, in the API's spelling such as {@code max_tokens}. */
    public String field() {
        return field;
    }
}
