package org.ryzanstein.loader.format;

import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.Set;

/**
 * Read-only key-value metadata of a model file (GGUF's key-value section). A getter whose key is present with another
 * type throws {@link ModelFormatException} naming file, key, found and expected type; it never converts silently.
 * Integer getters accept every GGUF integer type whose value fits.
 */
public interface Metadata {
    /** The file that the values come from, for messages. */
    String source();

    Set<String> keys();

    Optional<String> string(String key);

    OptionalLong integer(String key);

    OptionalDouble real(String key);

    Optional<Boolean> bool(String key);

    /** An array of strings. */
    Optional<List<String>> strings(String key);

    /** An array of any integer type whose values fit in 32 bits. */
    Optional<int[]> integers(String key);

    /** An array of float32. */
    Optional<float[]> reals(String key);
}
