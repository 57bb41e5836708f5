package org.ryzanstein.loader.engine;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The embedded model's perplexities; {@link ReferenceTest} has the short one for every encoding. */
class WindowPerplexityTest {
    @TempDir
    Path scratch;

    @ParameterizedTest
    @EnumSource(names = "I2_S")
    void of64WindowsAnd32StoriesIsTheReferences(Encoding encoding, TestReporter reporter)
            throws IOException, InterruptedException {
        try (Engine engine = encoding.open(scratch, 2)) {
            WindowPerplexity.ofWindows(engine, 64)
                    .check(reporter, encoding + ", first 64 windows", "/perplexity/first64_windows_ppl_f32");
            WindowPerplexity.ofStories(engine).check(reporter, encoding + ", 32 stories", "/story_perplexity/ppl");
        }
    }

    @Tag("long")
    @ParameterizedTest
    @EnumSource
    void of256WindowsAnd32StoriesIsTheReferences(Encoding encoding, TestReporter reporter)
            throws IOException, InterruptedException {
        try (Engine engine = encoding.open(scratch, 2)) {
            WindowPerplexity.ofStories(engine).check(reporter, encoding + ", 32 stories", "/story_perplexity/ppl");
            WindowPerplexity windows = WindowPerplexity.ofWindows(engine, 64);
            windows.check(reporter, encoding + ", first 64 windows", "/perplexity/first64_windows_ppl_f32");
            windows.addWindows(64, 256);
            windows.check(reporter, encoding + ", 256 windows", "/perplexity/ppl");
        }
    }
}
