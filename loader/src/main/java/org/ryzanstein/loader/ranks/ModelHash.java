package org.ryzanstein.loader.ranks;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/** What tells one model from another: SHA-256 over the bytes of its weights and its configuration. */
final class ModelHash {
    private static final int CHUNK = 1 << 20;

    private ModelHash() {}

    /** Of a GGUF file, or of a hub directory's config.json and safetensors files. */
    static String of(Path model) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            if (Files.isDirectory(model)) {
                for (Path file : parts(model)) {
                    digest.update(file.getFileName().toString().getBytes(StandardCharsets.UTF_8));
                    update(digest, file);
                }
            } else {
                update(digest, model);
            }
            return HexFormat.of().formatHex(digest.digest());
        } catch (IOException e) {
            throw new UncheckedIOException("can't read " + model, e);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("this JVM lacks SHA-256", e);
        }
    }

    private static List<Path> parts(Path directory) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.filter(file -> {
                        String name = file.getFileName().toString().toLowerCase(Locale.ROOT);
                        return name.equals("config.json") || name.endsWith(".safetensors");
                    })
                    .sorted()
                    .toList();
        }
    }

    private static void update(MessageDigest digest, Path file) throws IOException {
        ByteBuffer chunk = ByteBuffer.allocate(CHUNK);
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            while (channel.read(chunk) >= 0) {
                chunk.flip();
                digest.update(chunk);
                chunk.clear();
            }
        }
    }
}
