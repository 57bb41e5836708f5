package org.ryzanstein.backend.cpu;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;

/** What the CPU can do, whatever the JVM uses of it. */
public final class CpuFlags {
    private static final Path LINUX = Path.of("/proc/cpuinfo");
    private static final String KEY = "flags";

    private CpuFlags() {}

    /** The instruction sets by Linux's names, such as avx2; empty where the system does not say. */
    public static Set<String> ofThisMachine() {
        return read(LINUX);
    }

    static Set<String> read(Path file) {
        try {
            return Files.readAllLines(file).stream()
                    .filter(line -> line.startsWith(KEY))
                    .findFirst()
                    .map(line -> Set.copyOf(List.of(
                            line.substring(line.indexOf(':') + 1).strip().split("\\s+"))))
                    .orElse(Set.of());
        } catch (IOException unknown) {
            return Set.of();
        }
    }
}
