package org.ryzanstein.server.doctor;

import com.sun.management.HotSpotDiagnosticMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.IntFunction;
import java.util.function.Supplier;
import org.ryzanstein.api.kernel.KernelBackends;
import org.ryzanstein.api.provider.ProviderReport;
import org.ryzanstein.api.provider.ProviderUnavailableException;
import org.ryzanstein.loader.affinity.Affinity;
import org.ryzanstein.loader.affinity.TeamBinding;
import org.ryzanstein.loader.affinity.Topology;
import org.ryzanstein.server.bench.KernelProbe;

/**
 * What the doctor looks at; tests put another machine in its place.
 *
 * @param root the root of the file system
 * @param property system properties by name
 * @param vmOption options of the virtual machine by name, such as UseAVX
 * @param maxHeap most bytes of heap
 * @param processors that the JVM may use
 * @param placement which processors a number of compute threads would be bound to, or why they would not
 * @param backends the report of the choice among kernel backends
 * @param kernels a short look at the kernels of the chosen backend; asked only where there is one
 */
public record Machine(
        Path root,
        Function<String, Optional<String>> property,
        Function<String, Optional<String>> vmOption,
        long maxHeap,
        int processors,
        IntFunction<String> placement,
        Supplier<ProviderReport> backends,
        Supplier<KernelProbe.Outcome> kernels) {

    /** The machine that this process runs on. */
    public static Machine ofProcess() {
        return new Machine(
                Path.of("/"),
                name -> Optional.ofNullable(System.getProperty(name)),
                Machine::hotSpotOption,
                Runtime.getRuntime().maxMemory(),
                Runtime.getRuntime().availableProcessors(),
                threads -> TeamBinding.plan(Affinity.ofProcess(), threads, 0, threads)
                        .describe(),
                Machine::choose,
                () -> KernelProbe.run(Optional.empty()));
    }

    private static Optional<String> hotSpotOption(String name) {
        HotSpotDiagnosticMXBean bean = ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class);
        if (bean == null) {
            return Optional.empty();
        }
        try {
            return Optional.of(bean.getVMOption(name).getValue());
        } catch (IllegalArgumentException e) {
            // This JVM or CPU has no such option.
            return Optional.empty();
        }
    }

    private static ProviderReport choose() {
        try {
            return KernelBackends.choose(Optional.empty()).report();
        } catch (ProviderUnavailableException e) {
            return e.report();
        }
    }

    /** How processors lie on cores and memory nodes. */
    Topology topology() throws IOException {
        return Topology.read(
                property.apply(Topology.ROOT_PROPERTY).map(Path::of).orElse(root));
    }

    /** The content of a file, if there is one that can be read. */
    Optional<String> read(String path) {
        try {
            return Optional.of(Files.readString(root.resolve(path)));
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    boolean exists(String path) {
        return Files.exists(root.resolve(path));
    }

    /** The first of these paths that exists. */
    Optional<String> firstOf(List<String> paths) {
        return paths.stream().filter(this::exists).findFirst();
    }

    /** The value of the first line {@code key: value} of a file such as {@code /proc/cpuinfo}. */
    Optional<String> field(String path, String key) {
        return read(path)
                .flatMap(text -> text.lines()
                        .filter(line -> line.startsWith(key) && line.indexOf(':') >= 0)
                        .filter(line ->
                                line.substring(0, line.indexOf(':')).strip().equals(key))
                        .map(line -> line.substring(line.indexOf(':') + 1).strip())
                        .findFirst());
    }
}
