package org.ryzanstein.systemtest;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** docs/examples/embed: a stranger's module, compiled and run in a process of its own on the loader's jars alone. */
class EmbeddingExampleTest {
    private static final List<String> NEEDED = List.of(
            "ryzanstein-api-",
            "ryzanstein-loader-",
            "ryzanstein-backend-cpu-",
            "ryzanstein-backend-scalar-",
            "jackson-core-",
            "jackson-databind-",
            "jackson-annotations-");

    @TempDir
    Path scratch;

    @Test
    void streamsAStoryAndCancelsAnotherWithoutTheServerOnItsPath() throws IOException, InterruptedException {
        List<Path> path = new ArrayList<>(jars());
        Path example = scratch.resolve("example.jar");
        Tools.buildModule(
                Distribution.root().resolve("docs/examples/embed/src"), path, scratch.resolve("classes"), example);
        path.add(example);

        Tools.Outcome outcome =
                Tools.java(path, "com.example.stories/com.example.stories.Main", List.of("Once upon a time"), scratch);

        assertThat(outcome.status()).as(outcome.err()).isZero();
        assertThat(outcome.out().lines())
                .containsExactly(
                        "Once upon a time, there was a little girl named Lily. She loved to play outside in the sun."
                                + " One day, she saw a big tree with a swing. Lily wanted to climb the tree, but she was"
                                + " scared.",
                        "Lily said to the tree,",
                        "48 tokens, ended by LENGTH",
                        "Once upon a time, there was a little girl named Lily ... cancelled after 8 tokens");
    }

    /** The jars of the distribution that the loader and the scalar backend need: not the server, nor anything of its. */
    private static List<Path> jars() throws IOException {
        try (Stream<Path> files = Files.list(Distribution.lib())) {
            List<Path> jars = files.filter(file -> NEEDED.stream()
                            .anyMatch(prefix -> file.getFileName().toString().startsWith(prefix)))
                    .sorted()
                    .toList();
            assertThat(jars).hasSameSizeAs(NEEDED);
            return jars;
        }
    }
}
