package org.ryzanstein.server.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.ryzanstein.api.provider.ProviderReport;
import org.ryzanstein.loader.affinity.Affinity;
import org.ryzanstein.server.bench.KernelProbe;

class DoctorTest {
    @TempDir
    private Path root;

    private final Map<String, String> properties = new HashMap<>();
    private final Map<String, String> options = new HashMap<>();
    private Optional<String> chosen = Optional.of("avx512");
    private long heap = 4L << 30;
    private int processors = 2;
    private String placement = "not bound: one memory node";
    private KernelProbe.Outcome kernels = outcome(1.0, measured(100, 90, 0));

    private static KernelProbe.Measured measured(double speed, double expected, double allocated) {
        return new KernelProbe.Measured("multiply", speed, OptionalDouble.of(expected), allocated);
    }

    private static KernelProbe.Outcome outcome(double hugePages, KernelProbe.Measured... kernels) {
        return new KernelProbe.Outcome("avx512", 1, List.of(kernels), OptionalDouble.of(hugePages));
    }

    @BeforeEach
    void goodMachine() throws IOException {
        properties.put("java.specification.version", "25");
        properties.put("java.vm.info", "mixed mode, sharing");
        options.put("UseAVX", "3");
        options.put("TieredStopAtLevel", "4");
        write(
                "proc/cpuinfo",
                "processor\t: 0\nmodel name\t: Test CPU\nflags\t\t: fpu avx avx2 fma avx512f\n\nprocessor\t: 1\n");
        write("proc/meminfo", "MemTotal:       16777216 kB\nMemAvailable:    8388608 kB\n");
        write("sys/kernel/mm/transparent_hugepage/enabled", "[always] madvise never\n");
    }

    private void write(String path, String text) throws IOException {
        Path file = root.resolve(path);
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
    }

    private List<Finding> examine() {
        ProviderReport report = new ProviderReport(
                ProviderReport.Kind.KERNEL,
                chosen,
                List.of(new ProviderReport.Entry(
                        "avx512", ProviderReport.Status.CHOSEN, OptionalInt.of(30), "512 bit", "m", "j")));
        return new Doctor(new Machine(
                        root,
                        name -> Optional.ofNullable(properties.get(name)),
                        name -> Optional.ofNullable(options.get(name)),
                        heap,
                        processors,
                        threads -> placement,
                        () -> report,
                        () -> kernels))
                .examine();
    }

    private Finding find(String name) {
        return examine().stream()
                .filter(finding -> finding.name().equals(name))
                .reduce((first, last) -> last)
                .orElseThrow();
    }

    @Test
    void findsNothingWrongWithAGoodMachine() {
        assertThat(examine())
                .allMatch(finding -> finding.status() == Finding.Status.OK)
                .allMatch(finding -> finding.fix().isEmpty());
        assertThat(find("cpu").found()).isEqualTo("Test CPU; avx2 fma avx512f");
        assertThat(find("memory").found()).isEqualTo("8.0 GiB of 16.0 GiB available");
        assertThat(find("simd").found()).contains("AVX-512");
    }

    @Test
    void everyTroubleHasAFix() throws IOException {
        properties.put("java.specification.version", "21");
        properties.put("java.vm.info", "interpreted mode");
        options.put("UseAVX", "1");
        chosen = Optional.empty();
        heap = 1 << 20;
        processors = 1;
        write("proc/meminfo", "MemTotal:       16777216 kB\nMemAvailable:    100 kB\n");
        write("sys/kernel/mm/transparent_hugepage/enabled", "always madvise [never]\n");
        write("dev/nvidia0", "");

        for (String name : List.of("java", "compiler", "backend")) {
            assertThat(find(name).status()).as(name).isEqualTo(Finding.Status.FAIL);
            assertThat(find(name).fix()).as(name).isNotEmpty();
        }
        for (String name : List.of("simd", "cores", "memory", "heap", "hugepages", "gpu")) {
            assertThat(find(name).status()).as(name).isEqualTo(Finding.Status.WARN);
            assertThat(find(name).fix()).as(name).isNotEmpty();
        }
        assertThat(find("simd").fix()).contains("-XX:UseAVX=3");
    }

    @Test
    void saysOnHowManyCoresAndMemoryNodesItsProcessorsAre() throws IOException {
        assertThat(find("threads").found())
                .isEqualTo(
                        "not bound to processors: how these lie on cores and memory nodes is not known here, there is no"
                                + " proc/thread-self/status");

        twoNodes("0-3");

        assertThat(find("threads").status()).isEqualTo(Finding.Status.OK);
        assertThat(find("threads").found())
                .isEqualTo("processors: 4, their cores: 2, their memory nodes: 1; not bound: one memory node");
    }

    @Test
    void saysWhereThreadsAreBoundToMemoryNodesAndWarnsWhereTheyAreNot() throws IOException {
        twoNodes("2,5-6");
        placement = "bound: 3 threads to memory node 0";

        assertThat(find("threads").status()).isEqualTo(Finding.Status.OK);
        assertThat(find("threads").found())
                .isEqualTo("processors: 3, their cores: 3, their memory nodes: 2; bound: 3 threads to memory node 0");

        placement = "not bound: as asked for";

        assertThat(find("threads").status()).isEqualTo(Finding.Status.WARN);
        assertThat(find("threads").found()).contains("not bound: as asked for");
        assertThat(find("threads").fix()).contains("numactl --cpunodebind=NODE", "-Dryzanstein.affinity");
    }

    @Test
    void readsAnotherTopologyIfToldTo() throws IOException {
        twoNodes("0-7");
        properties.put("ryzanstein.topology.root", root.toString());
        assertThat(find("threads").found()).startsWith("processors: 8, their cores: 4, their memory nodes: 2");

        properties.put("ryzanstein.topology.root", root.resolve("nowhere").toString());
        assertThat(find("threads").found()).contains("is not known here");
    }

    @Test
    void refusesAnAffinityThatThereIsNot() {
        Machine own = Machine.ofProcess();
        Machine misled = new Machine(
                own.root(),
                own.property(),
                own.vmOption(),
                heap,
                processors,
                threads -> Affinity.of("all").toString(),
                own.backends(),
                () -> kernels);

        assertThat(new Doctor(misled).examine())
                .filteredOn(finding -> finding.name().equals("threads"))
                .singleElement()
                .satisfies(finding -> {
                    assertThat(finding.status()).isEqualTo(Finding.Status.FAIL);
                    assertThat(finding.found()).contains("found all, expected auto, nodes, none");
                });
    }

    @Test
    void understandsNodesOfMemoryAloneAndKernelsWithoutNodes() throws IOException {
        twoNodes("0-1");
        write("sys/devices/system/node/online", "0-2\n");
        write("sys/devices/system/node/node2/cpulist", "\n");
        assertThat(find("threads").found()).contains("memory nodes: 1;");

        Files.delete(root.resolve("sys/devices/system/node/online"));
        assertThat(find("threads").found()).contains("memory nodes: 1;");
    }

    @ParameterizedTest
    @ValueSource(strings = {"x", "1-", "3-1", "99999", "0,,1", "-1"})
    void doesNotGuessWhereTheKernelsListIsNotUnderstood(String list) throws IOException {
        twoNodes("0-3");
        write("sys/devices/system/node/node1/cpulist", list);
        assertThat(find("threads").found()).contains("is not known here");

        twoNodes("0-3");
        write("sys/devices/system/node/online", list);
        assertThat(find("threads").found()).contains("is not known here");

        twoNodes(list);
        assertThat(find("threads").found()).contains("is not known here");
    }

    /** Two nodes of two cores of two threads: cores 0-1, 2-3; 4-5, 6-7. */
    private void twoNodes(String allowed) throws IOException {
        write("proc/thread-self/status", "Name:\tjava\nCpus_allowed:\tff\nCpus_allowed_list:\t" + allowed + "\n");
        for (int cpu = 0; cpu < 8; cpu++) {
            int first = cpu / 2 * 2;
            write(
                    "sys/devices/system/cpu/cpu" + cpu + "/topology/thread_siblings_list",
                    first + "-" + (first + 1) + "\n");
        }
        write("sys/devices/system/node/online", "0-1\n");
        write("sys/devices/system/node/node0/cpulist", "0-3\n");
        write("sys/devices/system/node/node1/cpulist", "4-7\n");
    }

    @Test
    void seesAJvmWithoutC2() {
        options.put("TieredStopAtLevel", "1");
        assertThat(find("compiler").status()).isEqualTo(Finding.Status.FAIL);
    }

    @Test
    void seesThatVectorsAreNotUsed() {
        chosen = Optional.of("scalar");
        assertThat(find("simd").status()).isEqualTo(Finding.Status.WARN);
        assertThat(find("simd").found()).contains("scalar");
    }

    @Test
    void seesOldCpusAndOtherCpus() throws IOException {
        write("proc/cpuinfo", "processor\t: 0\nprocessor\t: 1\nflags\t\t: fpu sse2\n");
        options.put("UseAVX", "0");
        assertThat(find("simd").fix()).contains("scalar backend");
        assertThat(find("simd").found()).contains("SSE");
        options.remove("UseAVX");
        write("proc/cpuinfo", "processor\t: 0\nprocessor\t: 1\nFeatures\t: fp asimd asimddp\n");
        assertThat(find("simd").status()).isEqualTo(Finding.Status.OK);
        assertThat(find("cpu").found()).contains("asimd asimddp");
    }

    @Test
    void hugePagesOnRequestMustBeRequested() throws IOException {
        write("sys/kernel/mm/transparent_hugepage/enabled", "always [madvise] never\n");
        assertThat(find("hugepages").fix()).contains("-XX:+UseTransparentHugePages");
        options.put("UseTransparentHugePages", "true");
        assertThat(find("hugepages").status()).isEqualTo(Finding.Status.OK);
    }

    @Test
    void seesTheContainersMemoryAndTheGpu() throws IOException {
        write("sys/fs/cgroup/memory.max", "1073741824\n");
        assertThat(find("memory").found()).contains("1.0 GiB allowed");
        write("dev/nvidia0", "");
        write("usr/lib64/libcuda.so.1", "");
        assertThat(find("gpu").found()).contains("libcuda.so.1");
    }

    @Test
    void copesWithASystemThatSaysNothing() throws IOException {
        for (String path : List.of("proc/cpuinfo", "proc/meminfo", "sys/kernel/mm/transparent_hugepage/enabled")) {
            Files.delete(root.resolve(path));
        }
        options.clear();
        assertThat(examine()).noneMatch(finding -> finding.status() == Finding.Status.FAIL);
    }

    @Test
    void namesTheReasonOfASlowKernel() {
        kernels = outcome(1.0, measured(40, 90, 0));
        assertThat(find("kernels").status()).isEqualTo(Finding.Status.OK);
        kernels = outcome(1.0, measured(20, 90, 0));
        assertThat(find("kernel").found()).contains("20.0 operations/ns, expected 90.0", "not compiled by C2 yet");
        kernels = outcome(1.0, measured(2, 90, 0));
        assertThat(find("kernel").found()).contains("interpreted", "species mismatch");
        kernels = outcome(1.0, measured(80, 90, 50_000));
        assertThat(find("kernel").found()).contains("boxing");
        assertThat(find("kernel").fix()).isNotEmpty();
        options.put("TieredStopAtLevel", "1");
        kernels = outcome(1.0, measured(20, 90, 0));
        assertThat(find("kernel").found()).contains("C1 only");
    }

    @Test
    void seesWeightsOnSmallPages() {
        kernels = outcome(0.1, measured(100, 90, 0));
        assertThat(find("pages").status()).isEqualTo(Finding.Status.WARN);
        assertThat(find("pages").found()).contains("10 %", "4 KB pages");
        kernels = new KernelProbe.Outcome("cuda", 1, List.of(), OptionalDouble.empty());
        assertThat(find("pages").status()).isEqualTo(Finding.Status.OK);
    }

    @Test
    void thisMachineCanBeExamined() {
        assertThat(new Doctor(Machine.ofProcess()).examine()).hasSizeGreaterThan(8);
    }
}
