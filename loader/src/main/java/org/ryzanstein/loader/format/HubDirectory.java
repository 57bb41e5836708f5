package org.ryzanstein.loader.format;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A model directory as published on the hub: config.json, tokenizer.json, and weights in model.safetensors or in shards
 * that model.safetensors.index.json lists. A directory without weights opens too, since it may hold a vocabulary alone.
 */
public final class HubDirectory implements AutoCloseable {
    private static final String SINGLE = "model.safetensors";
    private static final String INDEX = "model.safetensors.index.json";
    private static final String TEMPLATE = "chat_template.jinja";
    private static final String TOKENIZER_CONFIG = "tokenizer_config.json";
    private static final int LARGEST_TEMPLATE = 1 << 20;
    private static final int MOST_SHARDS = 4096;

    private final Path path;
    private final List<SafetensorsFile> files;
    private final Map<String, TensorInfo> tensors;
    private @Nullable HubConfig config;

    private HubDirectory(Path path, List<SafetensorsFile> files, Map<String, TensorInfo> tensors) {
        this.path = path;
        this.files = List.copyOf(files);
        this.tensors = Collections.unmodifiableMap(tensors);
    }

    /**
     * Opens a directory and reads the headers of its weights.
     *
     * @throws ModelFormatException naming file, field and reason
     */
    public static HubDirectory open(Path path) {
        if (!Files.isDirectory(path)) {
            throw ModelFormatException.of(path.toString(), "path", "no such directory", "a model directory");
        }
        List<SafetensorsFile> files = new ArrayList<>();
        try {
            Path single = path.resolve(SINGLE);
            Path index = path.resolve(INDEX);
            if (Files.isRegularFile(single)) {
                files.add(SafetensorsFile.open(single));
            } else if (Files.isRegularFile(index)) {
                return openShards(path, Json.read(index), files);
            }
            return new HubDirectory(path, files, merge(files));
        } catch (RuntimeException refusal) {
            files.forEach(SafetensorsFile::close);
            throw refusal;
        }
    }

    private static HubDirectory openShards(Path path, Json index, List<SafetensorsFile> files) {
        Json map = index.object("weight_map")
                .orElseThrow(() -> ModelFormatException.of(
                        index.file(), "weight_map", "nothing", "an object that maps tensors to files"));
        Map<String, SafetensorsFile> byName = new TreeMap<>();
        for (String tensor : map.fields()) {
            String shard = map.text(tensor).orElse("");
            if (!byName.containsKey(shard)) {
                if (byName.size() == MOST_SHARDS) {
                    throw ModelFormatException.of(
                            index.file(), "weight_map", "more than " + MOST_SHARDS + " files", "at most that many");
                }
                SafetensorsFile file = openShard(path, index, map.path(tensor), shard);
                files.add(file);
                byName.put(shard, file);
            }
        }
        Map<String, TensorInfo> tensors = merge(byName.values());
        for (String tensor : map.fields()) {
            String shard = map.text(tensor).orElse("");
            @Nullable SafetensorsFile file = byName.get(shard);
            if (file == null || !file.tensors().containsKey(tensor)) {
                throw ModelFormatException.of(
                        index.file(), map.path(tensor), shard + ", which has no such tensor", "the file that holds it");
            }
        }
        return new HubDirectory(path, List.copyOf(byName.values()), tensors);
    }

    private static SafetensorsFile openShard(Path path, Json index, String field, String shard) {
        // A plain name only: a separator, a drive or ".." would let the index reach outside the directory.
        if (!shard.matches("[A-Za-z0-9_-][A-Za-z0-9._-]*\\.safetensors")) {
            throw ModelFormatException.of(
                    index.file(), field, "\"" + shard + "\"", "the name of a .safetensors file in this directory");
        }
        return SafetensorsFile.open(path.resolve(shard));
    }

    private static Map<String, TensorInfo> merge(Iterable<SafetensorsFile> files) {
        Map<String, TensorInfo> tensors = new LinkedHashMap<>();
        for (SafetensorsFile file : files) {
            for (TensorInfo tensor : file.tensors().values()) {
                if (tensors.putIfAbsent(tensor.name(), tensor) != null) {
                    throw ModelFormatException.of(
                            file.path().toString(), tensor.name(), "a tensor that another shard holds too", "it once");
                }
            }
        }
        return tensors;
    }

    public Path path() {
        return path;
    }

    /** Whether there is a config.json. */
    boolean hasConfig() {
        return Files.isRegularFile(path.resolve("config.json"));
    }

    /** The configuration; read at the first call, since a vocabulary directory has none. */
    public synchronized HubConfig config() {
        if (config == null) {
            config = HubConfig.read(path);
        }
        return config;
    }

    /** The chat template, Jinja source: {@code chat_template.jinja}, else the field in tokenizer_config.json. */
    Optional<String> chatTemplate() {
        Path template = path.resolve(TEMPLATE);
        if (Files.isRegularFile(template)) {
            try {
                if (Files.size(template) > LARGEST_TEMPLATE) {
                    throw ModelFormatException.of(
                            template.toString(),
                            "size",
                            Files.size(template) + " bytes",
                            "at most " + LARGEST_TEMPLATE);
                }
                return Optional.of(Files.readString(template));
            } catch (CharacterCodingException malformed) {
                throw ModelFormatException.of(
                        template.toString(), "content", "bytes that are no UTF-8", "a template in UTF-8", malformed);
            } catch (IOException failure) {
                throw new UncheckedIOException(template + ": cannot be read: " + failure.getMessage(), failure);
            }
        }
        Path config = path.resolve(TOKENIZER_CONFIG);
        return Files.isRegularFile(config) ? Json.read(config).template("chat_template") : Optional.empty();
    }

    /** The file that the chat template stands in, with the field. */
    String chatTemplateField() {
        return Files.isRegularFile(path.resolve(TEMPLATE)) ? TEMPLATE : "chat_template in " + TOKENIZER_CONFIG;
    }

    /** The tensors of all weight files by name. */
    public Map<String, TensorInfo> tensors() {
        return tensors;
    }

    List<SafetensorsFile> files() {
        return files;
    }

    /** Unmaps the weights. Tensor data must not be in use any more. */
    @Override
    public void close() {
        files.forEach(SafetensorsFile::close);
    }
}
