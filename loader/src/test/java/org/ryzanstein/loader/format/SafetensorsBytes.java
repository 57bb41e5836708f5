package org.ryzanstein.loader.format;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** Builds safetensors files, wrong ones too. */
final class SafetensorsBytes {
    private SafetensorsBytes() {}

    /** A file of this header, its quotes written as apostrophes, and this data. */
    static byte[] of(String header, byte... data) {
        byte[] json = header.replace('\'', '"').getBytes(StandardCharsets.UTF_8);
        return GgufBytes.join(GgufBytes.int64(json.length), json, data);
    }

    static Path write(Path path, String header, byte... data) throws IOException {
        return Files.write(path, of(header, data));
    }
}
