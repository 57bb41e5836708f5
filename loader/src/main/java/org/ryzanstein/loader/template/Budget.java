package org.ryzanstein.loader.template;

/** Counts what one rendering costs and ends it when a limit is reached. */
final class Budget {
    /** Deepest value that is compared, printed, written or read as JSON. */
    static final int VALUE_DEPTH = 200;

    private static final int STEPS_PER_VALUE = 16;

    private final TemplateLimits limits;
    private long steps;
    private long stepLimit;
    private long iterations;
    private long text;
    private long textLimit;
    private long elements;
    private long elementLimit;
    private long outputLimit;
    private int depth;

    Budget(TemplateLimits limits) {
        this.limits = limits;
        this.stepLimit = limits.steps();
        this.textLimit = limits.textCharacters();
        this.elementLimit = limits.elements();
        this.outputLimit = limits.outputCharacters();
    }

    /** Makes room for work that is proportional to the input. */
    void grantInput(long characters, long values) {
        stepLimit += values * STEPS_PER_VALUE * limits.perInput();
        textLimit += characters * limits.perInput();
        outputLimit += characters * limits.perInput();
        elementLimit += values * limits.perInput();
    }

    void step() {
        steps(1);
    }

    void steps(long count) {
        steps += count;
        if (steps > stepLimit) {
            throw Failure.limit("more than " + stepLimit + " steps of evaluation");
        }
    }

    /** Reading of characters, as in a search or a comparison. */
    void scan(long characters) {
        steps(1 + (characters >> 5));
    }

    void iteration() {
        iterations++;
        if (iterations > limits.iterations()) {
            throw Failure.limit("more than " + limits.iterations() + " iterations of loops");
        }
    }

    /** To be called before the characters are allocated. */
    void text(long characters) {
        text += characters;
        if (characters < 0 || text > textLimit) {
            throw Failure.limit("strings of more than " + textLimit + " characters in all");
        }
    }

    /** To be called before the elements are allocated. */
    void elements(long count) {
        steps(count);
        elements += count;
        if (count < 0 || elements > elementLimit) {
            throw Failure.limit("lists and dicts of more than " + elementLimit + " elements in all");
        }
    }

    void output(long characters) {
        if (characters > outputLimit) {
            throw Failure.limit("output of more than " + outputLimit + " characters");
        }
    }

    void enter() {
        depth++;
        if (depth > limits.depth()) {
            throw Failure.limit("nesting or recursion deeper than " + limits.depth());
        }
    }

    void leave() {
        depth--;
    }

    /** One level of a nested value; {@code depth} counts from 0. */
    void value(int valueDepth) {
        step();
        if (valueDepth > VALUE_DEPTH) {
            throw Failure.limit("a value nested deeper than " + VALUE_DEPTH);
        }
    }
}
