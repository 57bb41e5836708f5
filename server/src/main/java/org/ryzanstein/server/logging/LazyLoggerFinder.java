package org.ryzanstein.server.logging;

/**
 * Finds loggers that lead to Log4j. Log4j's own finder starts Log4j when the first logger is asked for, which takes longer
 * than a short command; most commands never log.
 */
public final class LazyLoggerFinder extends System.LoggerFinder {
    /** System property: the lowest level that is logged, warn without it. */
    public static final String LEVEL_PROPERTY = "ryzanstein.log";

    @Override
    public System.Logger getLogger(String name, Module module) {
        return new LazyLogger(name);
    }
}
