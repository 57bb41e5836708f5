package org.ryzanstein.server.chat;

/** The conversation can't be made a prompt: the model has no chat template, or its template refuses the messages. */
public final class ChatPromptException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public ChatPromptException(String message) {
        super(message);
    }

    public ChatPromptException(String message, Throwable cause) {
        super(message, cause);
    }
}
