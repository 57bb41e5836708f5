package org.ryzanstein.server.bench;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Supplier;

/** Other engines, each in a process that speaks the workers' protocol; see the module benchmarks. */
public final class Peers {
    private static final String LLAMA_CPP = "org.ryzanstein.benchmarks.peer.LlamaCppPeer";
    private static final String JLAMA = "org.ryzanstein.benchmarks.peer.JlamaPeer";

    /** What Jlama's kernels need; its native library is not on the path, and without the property it would warn of that. */
    private static final List<String> VECTORS =
            List.of("--add-modules=jdk.incubator.vector", "-Djlama.force_panama_tensor_operations=true");

    private Peers() {}

    /**
     * Those that can read the model.
     *
     * @param folder of the jars
     * @param jlama a directory for Jlama; without it, the model if that is a directory
     * @throws BenchException if the jars are not there, or no other engine reads the model
     */
    public static List<Supplier<Worker>> of(Path folder, BenchOptions options, Optional<Path> jlama) {
        if (!Files.isDirectory(folder)) {
            throw new BenchException(
                    folder + ": found no folder of other engines; ./build package -DskipTests makes it,"
                            + " or --peers names one");
        }
        Path model = options.model()
                .orElseThrow(() -> new BenchException("--compare needs a model that others can read (-m)"));
        List<Supplier<Worker>> peers = new ArrayList<>();
        if (model.toString().toLowerCase(Locale.ROOT).endsWith(".gguf")) {
            peers.add(() -> ChildWorker.start(command(folder, List.of(), LLAMA_CPP)));
        }
        jlama.or(() -> Optional.of(model).filter(Files::isDirectory))
                .ifPresent(directory -> peers.add(
                        () -> new OfAnotherModel(ChildWorker.start(command(folder, VECTORS, JLAMA)), directory)));
        if (peers.isEmpty()) {
            throw new BenchException(model
                    + ": found neither a GGUF file, which llama.cpp reads, nor a directory, which" + " Jlama does");
        }
        return peers;
    }

    private static List<String> command(Path folder, List<String> options, String main) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.add("--enable-native-access=ALL-UNNAMED");
        command.addAll(options);
        command.addAll(List.of("-cp", folder + File.separator + "*", main));
        return command;
    }

    /** Opens this model instead of the one asked for. */
    private record OfAnotherModel(Worker worker, Path model) implements Worker {
        @Override
        public ObjectNode ask(ObjectNode request) {
            return worker.ask(
                    request.has("model")
                            ? request.deepCopy()
                                    .put("model", model.toAbsolutePath().toString())
                            : request);
        }

        @Override
        public void close() {
            worker.close();
        }
    }
}
