package org.ryzanstein.loader.engine;

import java.lang.System.Logger.Level;
import org.junit.jupiter.api.TestReporter;

/** Figures that a test measures: to JUnit's reports and to the log, so that the output of a run holds them. */
final class Published {
    private static final System.Logger LOG = System.getLogger(Published.class.getName());

    private Published() {}

    static void entry(TestReporter reporter, String key, String value) {
        reporter.publishEntry(key, value);
        LOG.log(Level.INFO, "{0}: {1}", key, value);
    }
}
