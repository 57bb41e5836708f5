package org.ryzanstein.server.bench;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.function.Supplier;

/** Other engines, each in a process that speaks the workers' protocol; see the module benchmarks. */
public final class Peers {
    private static final String LLAMA_CPP = "org.ryzanstein.benchmarks.peer.LlamaCppPeer";

    private Peers() {}

    /**
     * Those that can read the model.
     *
     * @param folder of the jars
     * @throws BenchException if the jars are not there, or no other engine reads the model
     */
    public static List<Supplier<Worker>> of(Path folder, BenchOptions options) {
        if (!Files.isDirectory(folder)) {
            throw new BenchException(
                    folder + ": found no folder of other engines; ./build package -DskipTests makes it,"
                            + " or --peers names one");
        }
        Path model = options.model()
                .orElseThrow(() -> new BenchException("--compare needs a model file that others can read (-m)"));
        if (!model.toString().toLowerCase(Locale.ROOT).endsWith(".gguf")) {
            throw new BenchException(model + ": found no GGUF file, the only format that llama.cpp reads");
        }
        return List.of(() -> ChildWorker.start(command(folder)));
    }

    private static List<String> command(Path folder) {
        return List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                folder + File.separator + "*",
                LLAMA_CPP);
    }
}
