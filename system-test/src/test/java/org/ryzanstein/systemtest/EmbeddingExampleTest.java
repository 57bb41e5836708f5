package org.ryzanstein.systemtest;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.spi.ToolProvider;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.NullMarked;
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
        String jars = jars();
        compile(jars);
        Path out = scratch.resolve("stdout");
        Path err = scratch.resolve("stderr");
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "--module-path",
                        jars + File.pathSeparator + classes(),
                        "--module",
                        "com.example.stories/com.example.stories.Main",
                        "Once upon a time")
                .directory(scratch.toFile())
                .redirectOutput(out.toFile())
                .redirectError(err.toFile())
                .start();
        boolean ended = process.waitFor(120, TimeUnit.SECONDS);
        process.destroyForcibly();
        assertThat(ended)
                .as("ended within two minutes: %s", Files.readString(err))
                .isTrue();
        assertThat(process.exitValue()).as(Files.readString(err)).isZero();
        assertThat(Files.readAllLines(out))
                .containsExactly(
                        "Once upon a time, there was a little girl named Lily. She loved to play outside in the sun."
                                + " One day, she saw a big tree with a swing. Lily wanted to climb the tree, but she was"
                                + " scared.",
                        "Lily said to the tree,",
                        "48 tokens, ended by LENGTH",
                        "Once upon a time, there was a little girl named Lily ... cancelled after 8 tokens");
    }

    private Path classes() {
        return scratch.resolve("classes");
    }

    private void compile(String jars) throws IOException {
        List<String> arguments = new ArrayList<>(List.of(
                "--module-path",
                jars + File.pathSeparator + jspecify(),
                "--class-path",
                scratch.toString(),
                "-d",
                classes().toString(),
                "-Xlint:all",
                "-Werror"));
        try (Stream<Path> sources = Files.walk(Distribution.root().resolve("docs/examples/embed/src"))) {
            sources.map(Path::toString).filter(name -> name.endsWith(".java")).forEach(arguments::add);
        }
        StringWriter messages = new StringWriter();
        PrintWriter writer = new PrintWriter(messages);
        int status =
                ToolProvider.findFirst("javac").orElseThrow().run(writer, writer, arguments.toArray(String[]::new));
        assertThat(status).as("javac: %s", messages).isZero();
    }

    /** What api is annotated with: needed to compile against it, not to run. */
    private static String jspecify() {
        return Path.of(URI.create(NullMarked.class
                        .getProtectionDomain()
                        .getCodeSource()
                        .getLocation()
                        .toString()))
                .toString();
    }

    /** The jars of the distribution that the loader and the scalar backend need: not the server, nor anything of its. */
    private static String jars() throws IOException {
        try (Stream<Path> files = Files.list(Distribution.lib())) {
            List<Path> jars = files.filter(file -> NEEDED.stream()
                            .anyMatch(prefix -> file.getFileName().toString().startsWith(prefix)))
                    .sorted()
                    .toList();
            assertThat(jars).hasSameSizeAs(NEEDED);
            return jars.stream().map(Path::toString).collect(Collectors.joining(File.pathSeparator));
        }
    }
}
