package org.ryzanstein.loader.format;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Assumptions;

/** Where the tests' files are. */
final class TestFiles {
    private static final Path MODULE = Path.of(System.getProperty("basedir", "."));
    private static final Path RESOURCES = MODULE.resolve("src/test/resources/org/ryzanstein/loader/format");

    static final Path I2S = MODULE.resolve("src/main/resources/org/ryzanstein/loader/model/bitnet-tiny-i2_s.gguf");
    static final Path TQ1 = RESOURCES.resolve("bitnet-tiny-tq1_0.gguf");
    static final Path TQ2 = RESOURCES.resolve("bitnet-tiny-tq2_0.gguf");
    static final Path PACKED = RESOURCES.resolve("bitnet-tiny-packed");

    private TestFiles() {}

    static TensorInfo tensor(GgufFile file, String name) {
        return Objects.requireNonNull(file.tensors().get(name));
    }

    static byte[] golden(String name) throws IOException {
        return Files.readAllBytes(RESOURCES.resolve("golden").resolve(name));
    }

    static float[] goldenFloats(String name) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap(golden(name)).order(ByteOrder.LITTLE_ENDIAN);
        float[] values = new float[bytes.remaining() / 4];
        bytes.asFloatBuffer().get(values);
        return values;
    }

    /** A file or folder of shared/data beside the repository or above; the test is skipped where there is none. */
    static Path shared(String name) {
        @Nullable Path found = null;
        for (Path folder = MODULE.toAbsolutePath().normalize();
                folder != null && found == null;
                folder = folder.getParent()) {
            Path path = folder.resolve("shared/data").resolve(name);
            found = Files.exists(path) ? path : null;
        }
        Assumptions.assumeTrue(found != null, "skipped: no shared/data/" + name + " beside the repository");
        return Objects.requireNonNull(found);
    }
}
