package org.ryzanstein.loader.template;

/** A chat template that cannot be used, or a rendering that ended early. */
public final class TemplateException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** Longest part of a template in a message, in characters. */
    private static final int LONGEST = 1000;

    /** Why a template was given up. */
    public enum Kind {
        /** Refused when compiled: its syntax, or a tag, filter, test, function or method that is not known. */
        REFUSED,
        /** The template itself called {@code raise_exception}: the conversation does not suit it. */
        RAISED,
        /** An operation failed, such as reading an attribute of an undefined value. */
        FAILED,
        /** A limit was reached. */
        LIMIT
    }

    private final Kind kind;
    private final String template;
    private final int line;
    private final String what;

    TemplateException(Kind kind, String template, int line, String what) {
        super("template " + printable(template) + ", line " + line + ": " + printable(what));
        this.kind = kind;
        this.template = template;
        this.line = line;
        this.what = what;
    }

    /** The words of a template may be shown on a terminal: they are cut short, and control characters are replaced. */
    private static String printable(String text) {
        String shown = text.length() > LONGEST ? text.substring(0, LONGEST) + "..." : text;
        return shown.replaceAll("\\p{Cntrl}", "?");
    }

    /** Why the template was given up. */
    public Kind kind() {
        return kind;
    }

    /** The name that was given when the template was compiled. */
    public String template() {
        return template;
    }

    /** The line of the template, counted from 1. */
    public int line() {
        return line;
    }

    /** The construct and what is wrong with it, without the place; for {@link Kind#RAISED} the template's own words. */
    public String what() {
        return what;
    }
}
