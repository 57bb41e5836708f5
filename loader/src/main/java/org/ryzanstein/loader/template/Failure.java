package org.ryzanstein.loader.template;

/** A failure inside the engine, on its way to become a {@link TemplateException} once its line is known. */
final class Failure extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final TemplateException.Kind kind;
    private final int line;

    Failure(TemplateException.Kind kind, int line, String what) {
        super(what, null, false, false);
        this.kind = kind;
        this.line = line;
    }

    /** A failed operation whose line the evaluator adds. */
    static Failure of(String what) {
        return new Failure(TemplateException.Kind.FAILED, 0, what);
    }

    /** A limit that was reached. */
    static Failure limit(String what) {
        return new Failure(TemplateException.Kind.LIMIT, 0, what);
    }

    /** A template that is not accepted. */
    static Failure refused(int line, String what) {
        return new Failure(TemplateException.Kind.REFUSED, line, what);
    }

    /** This failure with a line, if it has none yet. */
    Failure at(int newLine) {
        return line == 0 ? new Failure(kind, newLine, what()) : this;
    }

    String what() {
        return String.valueOf(getMessage());
    }

    TemplateException named(String template) {
        return new TemplateException(kind, template, line, what());
    }
}
