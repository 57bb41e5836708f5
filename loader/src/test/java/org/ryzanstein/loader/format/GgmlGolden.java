package org.ryzanstein.loader.format;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Map;

/** Values quantised by llama.cpp's library; the README beside them says how. */
final class GgmlGolden {
    /** Row length of every matrix made here. */
    static final int COLUMNS = 256;

    private static final String TENSOR = "token_embd.weight";

    private GgmlGolden() {}

    static byte[] bytes(String name) {
        try {
            return TestFiles.golden(name);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static float[] floats(String name) {
        return MemorySegment.ofArray(bytes(name)).toArray(LittleEndian.FLOAT);
    }

    /** The name that ggml has for a type. */
    static String name(TensorType type) {
        String lower = type.name().toLowerCase(java.util.Locale.ROOT);
        return lower.endsWith("_k") ? lower.substring(0, lower.length() - 1) + "K" : lower;
    }

    /** The tensors of a file that holds one matrix under the name of the token embedding. */
    static TensorSources sources(TensorType type, int rows, int columns, byte[] data) {
        TensorInfo tensor =
                new TensorInfo(TENSOR, type, List.of((long) rows, (long) columns), 0, MemorySegment.ofArray(data));
        return new TensorSources("test.gguf", Map.of(TENSOR, tensor));
    }
}
