package org.ryzanstein.server.doctor;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.ryzanstein.api.provider.ProviderReport;
import org.ryzanstein.loader.affinity.Affinity;
import org.ryzanstein.loader.affinity.Topology;
import org.ryzanstein.server.bench.KernelProbe;

/** Examines a machine. */
public final class Doctor {
    private static final int TESTED_JAVA = 25;
    private static final String SCALAR = "scalar";
    private static final int C2_TIER = 4;
    private static final long SMALL_HEAP = 1L << 30;

    /** How options reach the JVM that {@code bin/ryzanstein} starts. */
    private static final String OPTIONS = "RYZANSTEIN_JAVA_OPTS";

    private static final List<String> SHOWN_FLAGS = List.of(
            "avx2",
            "fma",
            "avx512f",
            "avx512bw",
            "avx512_vnni",
            "avx512_vbmi",
            "avx_vnni",
            "amx_int8",
            "asimd",
            "asimddp",
            "sve");
    private static final List<String> CUDA_LIBRARIES = List.of(
            "usr/lib/x86_64-linux-gnu/libcuda.so.1",
            "usr/lib/aarch64-linux-gnu/libcuda.so.1",
            "usr/lib64/libcuda.so.1",
            "usr/lib/libcuda.so.1",
            "usr/local/cuda/compat/libcuda.so.1",
            "usr/lib/wsl/lib/libcuda.so.1");

    private static final double HUGE_PAGES_ENOUGH = 0.5;
    private static final double INTERPRETED_SLOWDOWN = 15;
    private static final String BOXING_FIX =
            "run it again on an idle machine; if it stays, remove options that limit C2's inlining, and report it";
    private static final String SLOW_FIX =
            "run it again on an idle machine; remove -Xint, -XX:TieredStopAtLevel and -XX:UseAVX from the JVM's options";

    private final Machine machine;

    public Doctor(Machine machine) {
        this.machine = machine;
    }

    /** All findings, in the order in which they matter. */
    public List<Finding> examine() {
        List<Finding> findings = new ArrayList<>();
        findings.add(java());
        findings.add(compiler());
        findings.add(cpu());
        ProviderReport report = machine.backends().get();
        findings.add(simd(report));
        findings.addAll(backends(report));
        findings.add(cores());
        findings.add(threads());
        findings.add(memory());
        findings.add(heap());
        findings.add(hugePages());
        findings.add(gpu());
        if (report.chosen().isPresent()) {
            KernelProbe.Outcome outcome = machine.kernels().get();
            findings.add(pages(outcome));
            findings.addAll(kernels(outcome));
        }
        return findings;
    }

    /** Where the backend's weights lie. */
    private static Finding pages(KernelProbe.Outcome outcome) {
        if (outcome.hugePageShare().isEmpty()) {
            return Finding.ok("pages", "not known here which pages weights are on");
        }
        double share = outcome.hugePageShare().getAsDouble();
        String found = String.format(Locale.ROOT, "%.0f %% of the memory for weights is on 2 MB pages", 100 * share);
        return share >= HUGE_PAGES_ENOUGH
                ? Finding.ok("pages", found)
                : Finding.warn(
                        "pages",
                        found + ", the rest on 4 KB pages: reading it is slower",
                        "as root: echo madvise > /sys/kernel/mm/transparent_hugepage/enabled; free memory that is"
                                + " fragmented, and start java with --enable-native-access=org.ryzanstein.backend.cpu");
    }

    /** Slow kernels, each with its likely reason; else one line. */
    private List<Finding> kernels(KernelProbe.Outcome outcome) {
        List<Finding> slow = new ArrayList<>();
        // Where nothing is compiled by C2, objects are everywhere, and it is C2 that must be mended.
        boolean compiled = compiler().status() != Finding.Status.FAIL;
        for (KernelProbe.Measured kernel : outcome.kernels()) {
            String found = String.format(
                    Locale.ROOT,
                    "%s of %s: %.1f operations/ns, expected %.1f, %.0f bytes allocated a run",
                    kernel.kernel(),
                    outcome.backend(),
                    kernel.speed(),
                    kernel.expected().orElse(0),
                    kernel.allocatedBytes());
            if (compiled && kernel.boxes()) {
                slow.add(Finding.warn("kernel", found + ": boxing, its vectors are objects", BOXING_FIX));
            } else if (kernel.slow()) {
                slow.add(Finding.warn("kernel", found + ": " + reason(kernel), SLOW_FIX));
            }
        }
        if (!slow.isEmpty()) {
            return slow;
        }
        return List.of(Finding.ok(
                "kernels",
                outcome.kernels().size() + " kernels of " + outcome.backend() + " run about as fast as expected"));
    }

    /** Why a kernel that doesn't allocate may be slow. */
    private String reason(KernelProbe.Measured kernel) {
        Finding compiler = compiler();
        if (compiler.status() == Finding.Status.FAIL) {
            return compiler.found();
        }
        return kernel.slowdown() > INTERPRETED_SLOWDOWN
                ? "it runs interpreted, or its vectors are wider than the JVM's (species mismatch)"
                : "not compiled by C2 yet, or the machine is busy";
    }

    private String property(String name) {
        return machine.property().apply(name).orElse("unknown");
    }

    private Finding java() {
        String found = "Java %s, %s, %s on %s %s"
                .formatted(
                        property("java.version"),
                        property("java.vendor"),
                        property("java.vm.name"),
                        property("os.name"),
                        property("os.arch"));
        String version = property("java.specification.version");
        return version.equals(Integer.toString(TESTED_JAVA))
                ? Finding.ok("java", found)
                : Finding.fail(
                        "java",
                        found,
                        "use a JDK " + TESTED_JAVA + ": set RYZANSTEIN_JAVA_HOME to one; others are not tested");
    }

    private Finding compiler() {
        String mode = property("java.vm.info");
        if (mode.contains("interpreted")) {
            return Finding.fail("compiler", "interpreter only (-Xint)", "remove -Xint from the JVM's options");
        }
        int tier = vmNumber("TieredStopAtLevel").orElse(C2_TIER);
        if (tier < C2_TIER) {
            return Finding.fail(
                    "compiler",
                    "C1 only (TieredStopAtLevel=" + tier + ")",
                    "remove -XX:TieredStopAtLevel from the JVM's options: vector code needs C2");
        }
        return Finding.ok("compiler", "C1 and C2, " + mode);
    }

    private Finding cpu() {
        Optional<String> model = machine.field("proc/cpuinfo", "model name");
        Set<String> flags = cpuFlags();
        String shown =
                String.join(" ", SHOWN_FLAGS.stream().filter(flags::contains).toList());
        return Finding.ok(
                "cpu",
                model.orElse(property("os.arch") + " (no /proc/cpuinfo to say more)")
                        + (shown.isEmpty() ? "" : "; " + shown));
    }

    private Set<String> cpuFlags() {
        String text = machine.field("proc/cpuinfo", "flags")
                .or(() -> machine.field("proc/cpuinfo", "Features"))
                .orElse("");
        return Set.of(Stream.of(text.split(" ")).distinct().toArray(String[]::new));
    }

    /** What the JVM may use of what the CPU has. */
    private Finding simd(ProviderReport report) {
        Optional<Integer> useAvx = vmNumber("UseAVX");
        if (useAvx.isEmpty()) {
            return Finding.ok("simd", "no x86 CPU: the JVM has no AVX option");
        }
        Set<String> flags = cpuFlags();
        int possible = flags.contains("avx512f") ? 3 : flags.contains("avx2") ? 2 : flags.contains("avx") ? 1 : 0;
        int used = useAvx.get();
        String found = "the JVM uses " + avxName(used) + " (UseAVX=" + used + ")";
        if (used < possible) {
            return Finding.warn(
                    "simd",
                    found + ", the CPU has " + avxName(possible),
                    "set " + OPTIONS + "=-XX:UseAVX=" + possible + ", or remove the option that lowers it");
        }
        if (possible < 2 && !flags.equals(Set.of(""))) {
            return Finding.warn("simd", found, "this CPU has no AVX2: only the scalar backend runs on it");
        }
        if (report.chosen().filter(SCALAR::equals).isPresent()) {
            return Finding.warn(
                    "simd",
                    found + ", but the scalar backend, which asks for no vectors, was chosen",
                    "see below why the vector backends were refused");
        }
        return Finding.ok("simd", found);
    }

    private static String avxName(int level) {
        return switch (level) {
            case 0 -> "SSE";
            case 1 -> "AVX";
            case 2 -> "AVX2";
            default -> "AVX-512";
        };
    }

    private static List<Finding> backends(ProviderReport report) {
        List<Finding> findings = new ArrayList<>();
        for (ProviderReport.Entry entry : report.entries()) {
            String name = "backend";
            String found = entry.name() + " " + entry.status().name().toLowerCase(Locale.ROOT) + ": " + entry.detail();
            findings.add(Finding.ok(name, found));
        }
        if (report.chosen().isEmpty()) {
            findings.add(Finding.fail(
                    "backend",
                    "no kernel backend can be used",
                    "remove -Dryzanstein.backend, or mend what the refusals above name"));
        }
        return findings;
    }

    private Finding cores() {
        long present = machine.read("proc/cpuinfo")
                .map(text -> text.lines()
                        .filter(line -> line.startsWith("processor"))
                        .count())
                .orElse(0L);
        int usable = machine.processors();
        if (present > usable) {
            return Finding.warn(
                    "cores",
                    usable + " of " + present + " processors may be used by this process",
                    "raise the container's CPU limit or the process's affinity if that is not intended");
        }
        return Finding.ok("cores", usable + (usable == 1 ? " processor" : " processors"));
    }

    /** Whether compute threads are bound to memory nodes (docs/decisions/0019). */
    private Finding threads() {
        Topology topology;
        try {
            topology = machine.topology();
        } catch (IOException e) {
            return Finding.ok(
                    "threads",
                    "not bound to processors: how these lie on cores and memory nodes is not known here, "
                            + e.getMessage());
        }
        String processors = String.format(
                Locale.ROOT,
                "processors: %d, their cores: %d, their memory nodes: %d",
                topology.processors().cardinality(),
                topology.cores(),
                topology.nodes().size());
        String placement;
        try {
            placement = machine.placement().apply(topology.cores());
        } catch (IllegalArgumentException e) {
            return Finding.fail("threads", String.valueOf(e.getMessage()), "mend or remove -D" + Affinity.PROPERTY);
        }
        return topology.nodes().size() > 1 && placement.startsWith("not bound")
                ? Finding.warn(
                        "threads",
                        processors + "; " + placement + ": a thread may compute on one node what it packed on another",
                        "remove --affinity none and -D" + Affinity.PROPERTY + ", start java with"
                                + " --enable-native-access=org.ryzanstein.backend.cpu, allow sched_setaffinity in the"
                                + " container; or start one rank for each node (--cluster and worker --join,"
                                + " docs/distributed.md), each by numactl --cpunodebind=NODE --membind=NODE")
                : Finding.ok("threads", processors + "; " + placement);
    }

    private Finding memory() {
        Optional<Long> total = kilobytes("MemTotal");
        Optional<Long> available = kilobytes("MemAvailable");
        if (total.isEmpty() || available.isEmpty()) {
            return Finding.ok("memory", "not known here: no /proc/meminfo");
        }
        String found = gib(available.get()) + " of " + gib(total.get()) + " available";
        Optional<Long> limit = machine.read("sys/fs/cgroup/memory.max")
                .map(String::strip)
                .filter(text -> text.matches("[0-9]{1,18}"))
                .map(Long::parseLong);
        if (limit.isPresent() && limit.get() < total.get()) {
            found += ", " + gib(limit.get()) + " allowed by the container";
        }
        return available.get() < total.get() / 10
                ? Finding.warn("memory", found, "end other programs: a model that does not fit in memory is slow")
                : Finding.ok("memory", found);
    }

    private Optional<Long> kilobytes(String field) {
        return machine.field("proc/meminfo", field)
                .map(text -> text.split(" ")[0])
                .filter(text -> text.matches("[0-9]{1,15}"))
                .map(text -> Long.parseLong(text) * 1024);
    }

    private Finding heap() {
        String found = gib(machine.maxHeap()) + " at most";
        return machine.maxHeap() < SMALL_HEAP
                ? Finding.warn("heap", found, "set " + OPTIONS + "=-Xmx4g for models beyond the embedded one")
                : Finding.ok("heap", found);
    }

    /** With 4 KiB pages memory bandwidth, and with it decoding, is about halved. */
    private Finding hugePages() {
        Optional<String> setting = machine.read("sys/kernel/mm/transparent_hugepage/enabled");
        if (setting.isEmpty()) {
            return Finding.ok("hugepages", "no transparent huge pages on this system");
        }
        boolean asked = machine.vmOption()
                .apply("UseTransparentHugePages")
                .orElse("false")
                .equals("true");
        if (setting.get().contains("[always]")) {
            return Finding.ok("hugepages", "transparent huge pages: always");
        }
        if (setting.get().contains("[madvise]")) {
            return asked
                    ? Finding.ok("hugepages", "transparent huge pages: on request, and the JVM requests them")
                    : Finding.warn(
                            "hugepages",
                            "transparent huge pages: on request, and the JVM does not request them",
                            "set " + OPTIONS + "=-XX:+UseTransparentHugePages");
        }
        return Finding.warn(
                "hugepages",
                "transparent huge pages: never",
                "as root: echo madvise > /sys/kernel/mm/transparent_hugepage/enabled; and set " + OPTIONS
                        + "=-XX:+UseTransparentHugePages");
    }

    private Finding gpu() {
        boolean device = machine.exists("dev/nvidia0") || machine.exists("dev/dxg");
        Optional<String> library = machine.firstOf(CUDA_LIBRARIES);
        if (device && library.isPresent()) {
            return Finding.ok("gpu", "NVIDIA GPU, driver library /" + library.get());
        }
        if (device) {
            return Finding.warn(
                    "gpu",
                    "NVIDIA GPU, but no libcuda.so.1",
                    "install the driver's CUDA library (in a container: run it with the NVIDIA runtime)");
        }
        return Finding.ok("gpu", "no NVIDIA GPU: the CPU computes");
    }

    private Optional<Integer> vmNumber(String option) {
        return machine.vmOption()
                .apply(option)
                .filter(text -> text.matches("[0-9]{1,9}"))
                .map(Integer::parseInt);
    }

    private static String gib(long bytes) {
        return String.format(Locale.ROOT, "%.1f GiB", bytes / (double) (1L << 30));
    }
}
