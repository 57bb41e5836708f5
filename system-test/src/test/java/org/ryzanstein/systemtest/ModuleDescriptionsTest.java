package org.ryzanstein.systemtest;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.spi.ToolProvider;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * Keeps what each module exports, requires, uses and provides in docs/modules, so that a change of it is seen in review.
 * {@code ./build verify -Dgolden.update} writes the files anew.
 */
class ModuleDescriptionsTest {
    private static final Path GOLDEN = Distribution.root().resolve("docs/modules");

    /** By the golden file's name: what jar says of the module, without its version and place. */
    private static final Map<String, String> DESCRIPTIONS = new TreeMap<>();

    @BeforeAll
    static void describeModules() throws IOException {
        for (Path jar : Distribution.ownJars()) {
            String text = describe(jar);
            String identity = text.lines().findFirst().orElseThrow().split(" ", 2)[0];
            assertThat(identity).as("the module in %s carries its version", jar).contains("@");
            String module = identity.substring(0, identity.indexOf('@'));
            String rest = text.lines().skip(1).filter(line -> !line.isBlank()).collect(Collectors.joining("\n"));
            DESCRIPTIONS.put(module + ".txt", module + "\n" + rest + "\n");
        }
        if (System.getProperty("golden.update") != null) {
            Files.createDirectories(GOLDEN);
            try (Stream<Path> old = Files.list(GOLDEN)) {
                for (Path file : old.toList()) {
                    Files.delete(file);
                }
            }
            for (Map.Entry<String, String> entry : DESCRIPTIONS.entrySet()) {
                Files.writeString(GOLDEN.resolve(entry.getKey()), entry.getValue());
            }
        }
    }

    @Test
    void eachModuleIsAsDescribedInDocs() throws IOException {
        for (Map.Entry<String, String> entry : DESCRIPTIONS.entrySet()) {
            Path golden = GOLDEN.resolve(entry.getKey());
            assertThat(golden)
                    .as("description of a module; ./build verify -Dgolden.update writes it")
                    .exists();
            assertThat(entry.getValue())
                    .as("module-info against %s; if the change is meant, run ./build verify -Dgolden.update", golden)
                    .isEqualTo(Files.readString(golden));
        }
    }

    @Test
    void docsDescribeExactlyTheTenModules() throws IOException {
        assertThat(DESCRIPTIONS).hasSize(10);
        try (Stream<Path> files = Files.list(GOLDEN)) {
            assertThat(files.map(file -> file.getFileName().toString()))
                    .containsExactlyInAnyOrderElementsOf(DESCRIPTIONS.keySet());
        }
    }

    private static String describe(Path jar) {
        StringWriter out = new StringWriter();
        PrintWriter writer = new PrintWriter(out);
        int status = ToolProvider.findFirst("jar")
                .orElseThrow()
                .run(writer, writer, "--describe-module", "--file", jar.toString());
        assertThat(status).as("jar --describe-module %s: %s", jar, out).isZero();
        return out.toString();
    }
}
