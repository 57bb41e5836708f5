package org.ryzanstein.loader.model;

import de.kherud.llama.InferenceParameters;
import de.kherud.llama.LlamaModel;
import de.kherud.llama.ModelParameters;
import de.kherud.llama.args.LogFormat;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Assumptions;

/**
 * llama.cpp in a process of its own, on the class path: a file of requests comes in, a file of answers goes out. Its native
 * threads outlive a model that is closed, so the process halts.
 */
final class LlamaCppProcess {
    /** What to generate greedily. */
    record Request(Path model, String prompt, int tokens) {}

    /**
     * What llama.cpp says.
     *
     * @param promptIds the prompt's tokens, without any that is added before it
     * @param text what follows the prompt
     */
    record Answer(int[] promptIds, String text) {}

    private LlamaCppProcess() {}

    /** Skips the test on systems that llama.cpp was not built for. */
    static void assumeAvailable() {
        String system = System.getProperty("os.name", "") + "/" + System.getProperty("os.arch", "");
        String known = system.toLowerCase(Locale.ROOT);
        Assumptions.assumeTrue(
                known.matches("linux/(amd64|x86_64|aarch64)|mac os x/(x86_64|aarch64)|windows.*/(amd64|x86_64)"),
                "skipped: de.kherud:llama has no native library for " + system);
    }

    /** In the child process: models as in the requests, one answer a line. */
    public static void main(String[] arguments) throws IOException {
        Path answers = Path.of(arguments[1]);
        LlamaModel.setLogger(LogFormat.TEXT, (level, message) -> {});
        for (String line : Files.readAllLines(Path.of(arguments[0]))) {
            String[] fields = line.split("\t", -1);
            ModelParameters parameters = new ModelParameters()
                    .setModel(fields[0])
                    .setCtxSize(256)
                    .setThreads(1)
                    .skipWarmup();
            String answer;
            try (LlamaModel model = new LlamaModel(parameters)) {
                String ids = Arrays.stream(model.encode(fields[1]))
                        .mapToObj(Integer::toString)
                        .collect(Collectors.joining(","));
                String text = model.complete(new InferenceParameters(fields[1])
                        .setTemperature(0)
                        .setIgnoreEos(true)
                        .setNPredict(Integer.parseInt(fields[2])));
                answer = ids + "\t" + Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
            }
            Files.writeString(answers, answer + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        }
        Runtime.getRuntime().halt(0);
    }

    /** The folder or jar that a class is from. */
    private static String origin(Class<?> type) {
        try {
            return Path.of(type.getProtectionDomain()
                            .getCodeSource()
                            .getLocation()
                            .toURI())
                    .toString();
        } catch (java.net.URISyntaxException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    /** Runs the requests; an answer that is not there fails with what the process wrote. */
    static List<Answer> run(Path scratch, List<Request> requests) throws IOException, InterruptedException {
        Path in = scratch.resolve("requests");
        Path out = scratch.resolve("answers");
        Path log = scratch.resolve("log");
        Files.write(
                in,
                requests.stream()
                        .map(request -> request.model() + "\t" + request.prompt() + "\t" + request.tokens())
                        .toList());
        String classPath = testClasses() + java.io.File.pathSeparator + origin(LlamaModel.class);
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "--enable-native-access=ALL-UNNAMED",
                        "-Djava.io.tmpdir=" + Files.createDirectories(scratch.resolve("native")),
                        "-cp",
                        classPath,
                        LlamaCppProcess.class.getName(),
                        in.toString(),
                        out.toString())
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        int exit = process.waitFor();
        if (exit != 0) {
            String text = Files.readString(log, StandardCharsets.ISO_8859_1);
            throw new IllegalStateException(
                    "llama.cpp ended with " + exit + ": " + text.substring(Math.max(0, text.length() - 2000)));
        }
        List<Answer> answers = new ArrayList<>();
        for (String line : Files.readAllLines(out)) {
            String[] fields = line.split("\t", -1);
            answers.add(new Answer(
                    Arrays.stream(fields[0].split(","))
                            .mapToInt(Integer::parseInt)
                            .toArray(),
                    new String(Base64.getDecoder().decode(fields[1]), StandardCharsets.UTF_8)));
        }
        return answers;
    }

    /** In the module the class's own location is the main classes: the test classes are patched into them. */
    private static String testClasses() {
        Path module = Path.of(System.getProperty("basedir", "."));
        return module.resolve("target/test-classes").toAbsolutePath().toString();
    }
}
