package org.ryzanstein.loader.model;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Once the code is compiled, a decode step of a whole model allocates nothing, on any thread that computes. It has a JVM of its
 * own, with the options that users have and without measurement of coverage.
 */
@Tag("alone")
class DecodeAllocationTest {
    @TempDir
    Path scratch;

    @ParameterizedTest
    @MethodSource("org.ryzanstein.loader.model.DecodeAllocation#models")
    void decodesWithOneThreadWithoutGarbage(String model) throws IOException, ReflectiveOperationException {
        Path file = DecodeAllocation.file(model, scratch);
        for (String backend : DecodeAllocation.backends()) {
            DecodeAllocation.assertNone(file, backend, 1);
        }
    }

    /** The kernels are the same; the rest of a step is the same for all models. */
    @Test
    void decodesWithTwoThreadsWithoutGarbage() throws IOException, ReflectiveOperationException {
        Path file = DecodeAllocation.file("ternary", scratch);
        for (String backend : DecodeAllocation.backends()) {
            DecodeAllocation.assertNone(file, backend, 2);
        }
    }
}
