package org.ryzanstein.loader.tokenizer;

import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Assumptions;

/** Test data outside the repository, in a folder {@code shared/data} beside it or above. */
public final class SharedData {
    private SharedData() {}

    /** A file or folder in it; the test is skipped where there is none. */
    public static Path path(String name) {
        Path found = find(name);
        Assumptions.assumeTrue(found != null, "skipped: no shared/data/" + name + " beside the repository");
        if (found == null) {
            throw new IllegalStateException(name);
        }
        return found;
    }

    private static @Nullable Path find(String name) {
        for (Path folder = Path.of("").toAbsolutePath(); folder != null; folder = folder.getParent()) {
            Path path = folder.resolve("shared/data").resolve(name);
            if (Files.exists(path)) {
                return path;
            }
        }
        return null;
    }
}
