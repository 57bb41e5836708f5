package org.ryzanstein.loader.model;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A decode step allocates nothing where the JVM has vectors of other species too, as in a program that uses another library of vector
 * code: all backends decode in one JVM. Then the profiles of the calls within the JDK's vector code don't tell C2 where a call leads. A
 * kernel's own calls have profiles too, and guesses from them mostly make up for that; but a kernel that was compiled in a hurry has
 * none. So {@code -XX:-UseTypeSpeculation} takes those guesses away: what C2 must know then stands in the code.
 *
 * <p>Mostly what comes second shows what it gets wrong, so a subclass has the other order, in a JVM of its own.
 */
@Tag("long")
@Tag("other-vectors")
class DecodeAmongOtherVectorsTest {
    @TempDir
    Path scratch;

    List<String> backends() {
        return DecodeAllocation.backends();
    }

    @ParameterizedTest
    @MethodSource("org.ryzanstein.loader.model.DecodeAllocation#models")
    void decodesWithoutGarbage(String model) throws IOException, ReflectiveOperationException {
        Path file = DecodeAllocation.file(model, scratch);
        for (String backend : backends()) {
            DecodeAllocation.assertNone(file, backend, 1);
        }
    }
}
