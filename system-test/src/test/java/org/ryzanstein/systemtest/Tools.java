package org.ryzanstein.systemtest;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.spi.ToolProvider;
import java.util.stream.Stream;
import org.jspecify.annotations.NullMarked;

/** The JDK's tools: in this process where they can be, and java in one of its own. */
final class Tools {
    private static final long LIMIT_MINUTES = 3;

    private Tools() {}

    /** What a process printed and how it ended. */
    record Outcome(int status, String out, String err) {}

    /** Compiles all sources under a folder into a modular jar, by way of a folder for the classes. */
    static void buildModule(Path sources, List<Path> modulePath, Path classes, Path jar) throws IOException {
        Files.createDirectories(classes);
        List<String> arguments = new ArrayList<>(List.of("-Xlint:all", "-Werror", "--release", "25"));
        List<Path> all = new ArrayList<>(modulePath);
        all.add(jspecify());
        arguments.add("--module-path");
        arguments.add(join(all));
        // Else javac looks at this test's own class path, and warns of what is missing there.
        arguments.add("--class-path");
        arguments.add(classes.toString());
        arguments.add("-d");
        arguments.add(classes.toString());
        try (Stream<Path> files = Files.walk(sources)) {
            files.map(Path::toString).filter(name -> name.endsWith(".java")).forEach(arguments::add);
        }
        runTool("javac", arguments);
        runTool(
                "jar",
                List.of(
                        "--create",
                        "--file",
                        jar.toString(),
                        "--module-version",
                        "1.0",
                        "-C",
                        classes.toString(),
                        "."));
    }

    /** The JVM of this test, with the options that the build was told to give to all JVMs of tests. */
    static List<String> javaCommand() {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        String options = System.getProperty("test.jvm", "").strip();
        if (!options.isEmpty()) {
            command.addAll(List.of(options.split("\\s+")));
        }
        return command;
    }

    /** Runs a module's main class on a module path, in a process, with nothing else said to the JVM. */
    static Outcome java(List<Path> modulePath, String module, List<String> arguments, Path scratch)
            throws IOException, InterruptedException {
        return java(List.of(), modulePath, module, arguments, scratch);
    }

    /** Runs a module's main class with these options of the JVM. */
    static Outcome java(
            List<String> options, List<Path> modulePath, String module, List<String> arguments, Path scratch)
            throws IOException, InterruptedException {
        List<String> command = javaCommand();
        command.addAll(options);
        command.addAll(List.of("-p", join(modulePath), "-m", module));
        command.addAll(arguments);
        Path out = Files.createTempFile(scratch, "out", ".txt");
        Path err = Files.createTempFile(scratch, "err", ".txt");
        Process process = new ProcessBuilder(command)
                .redirectOutput(out.toFile())
                .redirectError(err.toFile())
                .start();
        process.getOutputStream().close();
        if (!process.waitFor(LIMIT_MINUTES, TimeUnit.MINUTES)) {
            process.destroyForcibly();
            throw new IllegalStateException(String.join(" ", command) + " ran longer than " + LIMIT_MINUTES
                    + " minutes; standard error: " + Files.readString(err));
        }
        return new Outcome(process.exitValue(), Files.readString(out), Files.readString(err));
    }

    private static void runTool(String name, List<String> arguments) {
        StringWriter said = new StringWriter();
        PrintWriter writer = new PrintWriter(said);
        int status = ToolProvider.findFirst(name).orElseThrow().run(writer, writer, arguments.toArray(String[]::new));
        if (status != 0) {
            throw new IllegalStateException(name + " " + String.join(" ", arguments) + ": " + said);
        }
    }

    private static String join(List<Path> paths) {
        return String.join(
                System.getProperty("path.separator"),
                paths.stream().map(Path::toString).toList());
    }

    /** Its jar isn't in the distribution: it is needed to compile only. */
    private static Path jspecify() {
        try {
            return Path.of(NullMarked.class
                    .getProtectionDomain()
                    .getCodeSource()
                    .getLocation()
                    .toURI());
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }
}
