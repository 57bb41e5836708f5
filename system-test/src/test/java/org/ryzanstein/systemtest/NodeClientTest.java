package org.ryzanstein.systemtest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.abort;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The unmodified OpenAI client for Node chats with a served model. Its scenarios are in {@code clients/openai-node/test.mjs}.
 * Skipped where there is no Node, or where npm cannot fetch the client.
 */
class NodeClientTest {
    private static final List<String> FILES = List.of("package.json", "package-lock.json", "test.mjs");
    private static final Pattern SCENARIO = Pattern.compile("  async \\w+\\(\\) \\{");
    private static final int OLDEST_NODE = 20;
    private static final long LIMIT_MINUTES = 5;

    @TempDir
    Path scratch;

    private record Outcome(int status, String out, String err) {}

    @Test
    void chatsStreamsAndCancels() throws IOException, InterruptedException {
        requireNode();
        Path folder = install();
        try (ServerProcess server = ServerProcess.start(
                scratch,
                "--model",
                TemplatedModel.write(scratch.resolve("templated.gguf")).toString(),
                "--max-sequences",
                "1")) {
            Outcome outcome = run(folder, "node", "test.mjs", server.uri().toString());

            assertThat(outcome.status())
                    .as("%s%n%s%nserver: %s", outcome.out(), outcome.err(), server.log())
                    .isZero();
            assertThat(outcome.out().lines()).containsExactlyElementsOf(scenarios(folder));
            assertThat(server.log()).doesNotContain("Exception");

            Outcome documented = run(folder, "node", documented(folder, server.uri()));
            assertThat(documented.status()).as(documented.err()).isZero();
            assertThat(documented.out()).isNotBlank();
        }
    }

    /** The program that docs/http-api.md shows, for this server. */
    private static String documented(Path folder, URI server) throws IOException {
        String docs = Files.readString(Distribution.root().resolve("docs/http-api.md"));
        int begin = docs.indexOf("```js\n") + "```js\n".length();
        String program = docs.substring(begin, docs.indexOf("```", begin));
        String address = "http://127.0.0.1:8080";
        assertThat(program).contains(address);
        Files.writeString(folder.resolve("documented.mjs"), program.replace(address, server.toString()));
        return "documented.mjs";
    }

    private static List<String> scenarios(Path folder) throws IOException {
        List<String> names = Files.readAllLines(folder.resolve("test.mjs")).stream()
                .filter(line -> SCENARIO.matcher(line).matches())
                .map(line -> "ok " + line.strip().replaceAll("async |\\(.*", ""))
                .toList();
        assertThat(names).hasSizeGreaterThan(10);
        return names;
    }

    private void requireNode() throws IOException, InterruptedException {
        String version;
        try {
            version = run(scratch, "node", "--version").out().strip();
        } catch (IOException e) {
            version = abort("skipped: Node is not installed: " + e.getMessage());
        }
        if (Integer.parseInt(version.replaceAll("^v|[.].*", "")) < OLDEST_NODE) {
            abort("skipped: found Node " + version + ", expected " + OLDEST_NODE + " or later");
        }
    }

    /** Fetches the client that the lock file names; only a registry that cannot be reached is no failure. */
    private Path install() throws IOException, InterruptedException {
        Path folder = Files.createDirectories(Distribution.root().resolve("system-test/target/clients/openai-node"));
        for (String name : FILES) {
            Files.copy(
                    Distribution.root()
                            .resolve("system-test/clients/openai-node")
                            .resolve(name),
                    folder.resolve(name),
                    StandardCopyOption.REPLACE_EXISTING);
        }
        Outcome outcome;
        try {
            outcome = run(folder, "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline");
        } catch (IOException e) {
            return abort("skipped: npm is not installed: " + e.getMessage());
        }
        if (outcome.status() != 0) {
            assertThat(outcome.err()).doesNotContain("EUSAGE", "EINTEGRITY", "EJSONPARSE");
            return abort("skipped: npm cannot fetch the client: " + outcome.err());
        }
        return folder;
    }

    private Outcome run(Path folder, String... command) throws IOException, InterruptedException {
        Path out = Files.createTempFile(scratch, "out", ".txt");
        Path err = Files.createTempFile(scratch, "err", ".txt");
        Process process = new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectOutput(out.toFile())
                .redirectError(err.toFile())
                .start();
        process.getOutputStream().close();
        if (!process.waitFor(LIMIT_MINUTES, TimeUnit.MINUTES)) {
            process.destroyForcibly();
            throw new IllegalStateException(String.join(" ", command) + " ran longer than " + LIMIT_MINUTES
                    + " minutes: " + Files.readString(out) + Files.readString(err));
        }
        return new Outcome(process.exitValue(), Files.readString(out), Files.readString(err));
    }
}
