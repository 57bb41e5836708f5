package org.ryzanstein.loader.parallel;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;

/** How many cores the machine has. Hardware threads of one core share its vector units, so a second one brings nothing. */
public final class PhysicalCores {
    private static final Path LINUX = Path.of("/sys/devices/system/cpu");

    private PhysicalCores() {}

    /** Cores that this process may use: never more than the JVM's processors, and those where the system doesn't say. */
    public static int count() {
        return count(LINUX, Runtime.getRuntime().availableProcessors());
    }

    /**
     * Counts the distinct groups of hardware threads.
     *
     * @param cpus a directory as Linux' /sys/devices/system/cpu
     * @param processors hardware threads that may be used
     */
    static int count(Path cpus, int processors) {
        Set<String> cores = new HashSet<>();
        if (Files.isDirectory(cpus)) {
            try (DirectoryStream<Path> all = Files.newDirectoryStream(cpus, "cpu[0-9]*")) {
                for (Path cpu : all) {
                    Path siblings = cpu.resolve("topology/thread_siblings_list");
                    if (Files.isReadable(siblings)) {
                        cores.add(Files.readString(siblings));
                    }
                }
            } catch (IOException | UncheckedIOException e) {
                return processors;
            }
        }
        return cores.isEmpty() ? processors : Math.min(cores.size(), processors);
    }
}
