package org.ryzanstein.systemtest;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** Where this build's files lie. */
final class Distribution {
    private Distribution() {}

    /** The repository's root: the nearest folder upwards that holds the build script. */
    static Path root() {
        Path start = Path.of("").toAbsolutePath();
        for (Path folder = start; folder != null; folder = folder.getParent()) {
            if (Files.isRegularFile(folder.resolve("build")) && Files.isDirectory(folder.resolve("system-test"))) {
                return folder;
            }
        }
        throw new IllegalStateException("no repository root above " + start);
    }

    /** The folder of jars that {@code bin/ryzanstein} puts on the module path. */
    static Path lib() {
        Path lib = root().resolve("server/target/dist/lib");
        if (!Files.isDirectory(lib)) {
            throw new IllegalStateException(lib + " is missing: run ./build verify, which makes it before these tests");
        }
        return lib;
    }

    /** The jars of this project in {@link #lib()}. */
    static List<Path> ownJars() {
        try (Stream<Path> files = Files.list(lib())) {
            return files.filter(file -> file.getFileName().toString().startsWith("ryzanstein-"))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
