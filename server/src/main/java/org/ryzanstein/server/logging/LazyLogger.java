package org.ryzanstein.server.logging;

import java.text.MessageFormat;
import java.util.Locale;
import java.util.MissingResourceException;
import java.util.ResourceBundle;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A logger that asks Log4j only about messages which reach the level of {@value LazyLoggerFinder#LEVEL_PROPERTY}. */
final class LazyLogger implements System.Logger {
    private final String name;

    LazyLogger(String name) {
        this.name = name;
    }

    @Override
    public String getName() {
        return name;
    }

    @Override
    public boolean isLoggable(Level level) {
        return level != Level.OFF
                && level.getSeverity() >= threshold().getSeverity()
                && logger().isEnabledForLevel(slf4jLevel(level));
    }

    @Override
    public void log(
            Level level, @Nullable ResourceBundle bundle, @Nullable String message, @Nullable Throwable thrown) {
        if (isLoggable(level)) {
            logger().atLevel(slf4jLevel(level)).setCause(thrown).log(translated(bundle, message));
        }
    }

    @Override
    public void log(
            Level level,
            @Nullable ResourceBundle bundle,
            @Nullable String format,
            @Nullable Object @Nullable ... params) {
        if (isLoggable(level)) {
            String text = translated(bundle, format);
            String message =
                    params == null || params.length == 0 ? text : new MessageFormat(text, Locale.ROOT).format(params);
            logger().atLevel(slf4jLevel(level)).log(message);
        }
    }

    private static String translated(@Nullable ResourceBundle bundle, @Nullable String message) {
        String text = String.valueOf(message);
        if (bundle == null || message == null) {
            return text;
        }
        try {
            return bundle.getString(message);
        } catch (MissingResourceException e) {
            return text;
        }
    }

    private static Level threshold() {
        return switch (System.getProperty(LazyLoggerFinder.LEVEL_PROPERTY, "warn")
                .toLowerCase(Locale.ROOT)) {
            case "all", "trace" -> Level.TRACE;
            case "debug" -> Level.DEBUG;
            case "info" -> Level.INFO;
            case "error", "fatal" -> Level.ERROR;
            case "off" -> Level.OFF;
            default -> Level.WARNING;
        };
    }

    private static org.slf4j.event.Level slf4jLevel(Level level) {
        return switch (level) {
            case ALL, TRACE -> org.slf4j.event.Level.TRACE;
            case DEBUG -> org.slf4j.event.Level.DEBUG;
            case INFO -> org.slf4j.event.Level.INFO;
            case WARNING -> org.slf4j.event.Level.WARN;
            case ERROR, OFF -> org.slf4j.event.Level.ERROR;
        };
    }

    /** Starts Log4j, which is behind SLF4J here. */
    private Logger logger() {
        return LoggerFactory.getLogger(name);
    }
}
