package org.ryzanstein.server.logging;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.System.Logger.Level;
import java.util.ListResourceBundle;
import java.util.ResourceBundle;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LazyLoggerTest {
    private final LazyLogger logger = new LazyLogger("org.ryzanstein.test.Logger");

    @AfterEach
    void restore() {
        System.clearProperty(LazyLoggerFinder.LEVEL_PROPERTY);
    }

    @Test
    void isWhatTheJdkHandsOut() {
        System.setProperty(LazyLoggerFinder.LEVEL_PROPERTY, "warn");
        System.Logger found = System.getLogger("org.ryzanstein.test.Found");
        assertThat(found.getName()).isEqualTo("org.ryzanstein.test.Found");
        assertThat(found.isLoggable(Level.WARNING)).isTrue();
        assertThat(found.isLoggable(Level.INFO)).isFalse();
    }

    @ParameterizedTest
    @CsvSource({
        "info, DEBUG, false",
        "error, WARNING, false",
        "error, ERROR, true",
        "off, ERROR, false",
        "warn, OFF, false",
        "debug, TRACE, false",
        "trace, ERROR, true",
        "nonsense, WARNING, true"
    })
    void logsFromTheLevelOn(String property, Level level, boolean logged) {
        System.setProperty(LazyLoggerFinder.LEVEL_PROPERTY, property);
        assertThat(logger.isLoggable(level)).isEqualTo(logged);
    }

    @Test
    void formatsAndTranslates() {
        ResourceBundle bundle = new ListResourceBundle() {
            @Override
            protected Object[][] getContents() {
                return new Object[][] {{"key", "translated {0}"}};
            }
        };
        logger.log(Level.WARNING, bundle, "key", 7);
        logger.log(Level.WARNING, bundle, "no key {0}", 7);
        logger.log(Level.WARNING, "plain {0}", new Object[0]);
        logger.log(Level.WARNING, (ResourceBundle) null, (String) null, (Throwable) null);
        logger.log(Level.DEBUG, bundle, "key", 7);
        logger.log(Level.DEBUG, "hidden", new IllegalStateException("hidden"));
        assertThat(logger.getName()).isEqualTo("org.ryzanstein.test.Logger");
    }
}
