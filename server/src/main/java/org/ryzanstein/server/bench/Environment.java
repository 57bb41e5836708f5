package org.ryzanstein.server.bench;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.jar.Manifest;
import org.ryzanstein.loader.engine.EmbeddedModel;
import org.ryzanstein.loader.format.ModelFile;

/** What a run is measured on: machine, JVM, model file, commit. */
final class Environment {
    private static final String COMMIT = "Ryzanstein-Commit";
    private static final String UNKNOWN = "unknown";
    private static final Path HUGE_PAGES = Path.of("/sys/kernel/mm/transparent_hugepage/enabled");

    private Environment() {}

    static ObjectNode machine(ProcFiles proc) {
        ObjectNode node = JsonNodeFactory.instance.objectNode();
        node.put("cpu", proc.field("cpuinfo", "model name").orElse(UNKNOWN))
                .put("processors", Runtime.getRuntime().availableProcessors())
                .put("os", System.getProperty("os.name") + " " + System.getProperty("os.version"))
                .put("arch", System.getProperty("os.arch"));
        proc.bytes("meminfo", "MemTotal").ifPresent(bytes -> node.put("memory_bytes", bytes));
        node.put("transparent_huge_pages", hugePages());
        ArrayNode flags = node.putArray("cpu_flags");
        proc.field("cpuinfo", "flags").or(() -> proc.field("cpuinfo", "Features")).stream()
                .flatMap(text -> List.of(text.split(" ")).stream())
                .forEach(flags::add);
        return node;
    }

    private static String hugePages() {
        try {
            String text = Files.readString(HUGE_PAGES);
            return text.substring(text.indexOf('[') + 1, Math.max(text.indexOf(']'), text.indexOf('[') + 1));
        } catch (IOException e) {
            return UNKNOWN;
        }
    }

    static ObjectNode jvm() {
        ObjectNode node = JsonNodeFactory.instance.objectNode();
        node.put("version", System.getProperty("java.vm.version"))
                .put("name", System.getProperty("java.vm.name"))
                .put("vendor", System.getProperty("java.vm.vendor"));
        ArrayNode options = node.putArray("options");
        ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
                .filter(option -> option.startsWith("-X") || option.startsWith("-Dryzanstein"))
                .filter(option -> !option.startsWith("-XX:AOT") && !option.startsWith("-Xlog"))
                .forEach(options::add);
        return node;
    }

    /** What can be said of a model file without loading it. */
    static ObjectNode model(Optional<Path> path) {
        if (path.isEmpty()) {
            try (EmbeddedModel embedded = EmbeddedModel.extract()) {
                return model(embedded.path(), "embedded");
            }
        }
        // Without its folder: results are shown to others.
        return model(path.get(), String.valueOf(path.get().getFileName()));
    }

    private static ObjectNode model(Path path, String source) {
        try (ModelFile file = ModelFile.open(path)) {
            return JsonNodeFactory.instance
                    .objectNode()
                    .put("name", file.name())
                    .put("source", source)
                    .put("architecture", file.architecture())
                    .put("bytes", file.size())
                    .put("sha256", file.sha256());
        }
    }

    /** The commit that this program was built from, by its jar's manifest. */
    static String commit() {
        try (InputStream in = Environment.class.getModule().getResourceAsStream("META-INF/MANIFEST.MF")) {
            String commit =
                    in == null ? null : new Manifest(in).getMainAttributes().getValue(COMMIT);
            return commit == null || commit.isBlank() ? UNKNOWN : commit;
        } catch (IOException e) {
            throw new UncheckedIOException("can't read the manifest of this program's jar", e);
        }
    }
}
