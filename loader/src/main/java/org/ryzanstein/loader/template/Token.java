package org.ryzanstein.loader.template;

/**
 * A piece of a template's source.
 *
 * @param value the text, name, operator or decoded string
 * @param line counted from 1
 */
record Token(Type type, String value, int line) {
    /** What a token is. */
    enum Type {
        DATA,
        PRINT_BEGIN,
        PRINT_END,
        TAG_BEGIN,
        TAG_END,
        NAME,
        STRING,
        INTEGER,
        FLOAT,
        OPERATOR,
        END
    }

    boolean is(Type expected) {
        return type == expected;
    }

    boolean isOperator(String operator) {
        return type == Type.OPERATOR && value.equals(operator);
    }

    boolean isName(String name) {
        return type == Type.NAME && value.equals(name);
    }

    /** For messages. */
    String describe() {
        return switch (type) {
            case DATA -> "text";
            case PRINT_BEGIN -> "'{{'";
            case PRINT_END -> "'}}'";
            case TAG_BEGIN -> "'{%'";
            case TAG_END -> "'%}'";
            case STRING -> "a string";
            case END -> "the end of the template";
            case NAME, INTEGER, FLOAT, OPERATOR -> "'" + value + "'";
        };
    }
}
