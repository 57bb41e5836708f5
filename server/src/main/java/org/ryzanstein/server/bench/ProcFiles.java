package org.ryzanstein.server.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalLong;

/** What Linux says about the machine and this process under {@code /proc}; elsewhere everything is unknown. */
final class ProcFiles {
    private final Path root;

    ProcFiles(Path root) {
        this.root = root;
    }

    static ProcFiles ofSystem() {
        return new ProcFiles(Path.of("/proc"));
    }

    /** The value of the first line {@code key: value} of a file. */
    Optional<String> field(String file, String key) {
        try {
            return Files.readString(root.resolve(file))
                    .lines()
                    .filter(line -> line.startsWith(key))
                    .filter(line -> line.substring(key.length()).stripLeading().startsWith(":"))
                    .map(line -> line.substring(line.indexOf(':') + 1).strip())
                    .findFirst();
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    /** The bytes of a line {@code key: 123 kB}. */
    OptionalLong bytes(String file, String key) {
        return field(file, key)
                .map(text -> text.split(" ")[0])
                .filter(text -> text.matches("[0-9]{1,15}"))
                .map(text -> OptionalLong.of(Long.parseLong(text) * 1024))
                .orElse(OptionalLong.empty());
    }

    /** The most memory that this process has held at a time. */
    OptionalLong peakResidentBytes() {
        return bytes("self/status", "VmHWM");
    }

    /** Memory of this process on transparent huge pages. */
    OptionalLong hugePageBytes() {
        return bytes("self/smaps_rollup", "AnonHugePages");
    }
}
