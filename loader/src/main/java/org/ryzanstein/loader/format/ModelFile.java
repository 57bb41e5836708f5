package org.ryzanstein.loader.format;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/** A model in one of the supported formats, opened and mapped. */
public sealed interface ModelFile extends AutoCloseable permits GgufModelFile, HubModelFile {
    /** The architecture of BitNet b1.58 2B4T, whatever name the file has for it. */
    String BITNET_B158 = "bitnet-b1.58";

    /**
     * Opens a GGUF file, or a directory as published on the hub.
     *
     * @throws ModelFormatException naming the file, the field and the reason
     */
    static ModelFile open(Path fileOrDirectory) {
        return Files.isDirectory(fileOrDirectory)
                ? new HubModelFile(HubDirectory.open(fileOrDirectory))
                : new GgufModelFile(GgufFile.open(fileOrDirectory));
    }

    /** The path as given, for messages. */
    String source();

    /** The architecture: {@link #BITNET_B158}, or the file's own name for any other. */
    String architecture();

    /** The model's own name, or the file's where it gives none. */
    String name();

    /** The model's chat template, Jinja source, if it has one. */
    Optional<String> chatTemplate();

    /** Where the chat template stands, for messages. */
    String chatTemplateField();

    /** The model's shape, checked. */
    Hyperparameters hyperparameters();

    /** The tensors by their names in the file. */
    Map<String, TensorInfo> tensors();

    /** The weights by canonical name; each call starts a fresh account of the tensors that were asked for. */
    TensorSources sources();

    /**
     * What has happened to a weight file since it was opened, if it was written to: the mapped bytes are no longer those that were
     * checked, or no longer there. A file that was replaced by another or deleted stays as it was for those who have it open.
     */
    Optional<String> change();

    /** Bytes of the weight files. */
    long size();

    /**
     * SHA-256 of the weight file in hexadecimal; of shards the hash of all of them in the order of their names. Reads the
     * whole file.
     */
    String sha256();

    @Override
    void close();
}
