package org.ryzanstein.loader.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.ryzanstein.api.kernel.AffinityException;
import org.ryzanstein.api.kernel.ThreadAffinity;
import org.ryzanstein.loader.Ryzanstein;
import org.ryzanstein.loader.affinity.Affinity;
import org.ryzanstein.loader.affinity.MadeTopology;
import org.ryzanstein.loader.affinity.TeamBinding;
import org.ryzanstein.loader.affinity.Topology;
import org.ryzanstein.loader.parallel.SpinParkTeam;

/** Really binds threads, on a machine that is told to have a memory node for each of its first two processors. */
@EnabledOnOs(value = OS.LINUX, disabledReason = "threads are bound on Linux only")
class BoundThreadsTest {
    @TempDir
    private Path root;

    private int first;
    private int second;
    private String before = "";

    @BeforeEach
    void twoNodesOfOneProcessor() throws IOException {
        BitSet usable = Topology.ofProcess().processors();
        assumeThat(usable.cardinality()).as("processors").isGreaterThan(1);
        first = usable.nextSetBit(0);
        second = usable.nextSetBit(first + 1);
        new MadeTopology(root)
                .allowed(first + "," + second)
                .core(first)
                .core(second)
                .nodes("0-1")
                .node(0, Integer.toString(first))
                .node(1, Integer.toString(second));
        before = allowed();
        System.setProperty(Topology.ROOT_PROPERTY, root.toString());
        assumeThat(TeamBinding.plan(Affinity.NODES, 2, 0, 2).describe())
                .as("the system lets threads be bound")
                .doesNotContain("errno");
    }

    @AfterEach
    void onTheTrueMachine() {
        System.clearProperty(Topology.ROOT_PROPERTY);
    }

    /** What the kernel says of the calling thread. */
    private static String allowed() throws IOException {
        return Files.readAllLines(Path.of("/proc/thread-self/status")).stream()
                .filter(line -> line.startsWith("Cpus_allowed_list:"))
                .map(line -> line.substring(line.indexOf(':') + 1).strip())
                .findFirst()
                .orElseThrow();
    }

    private static String[] allowedOfMembers(SpinParkTeam team) {
        String[] found = new String[team.size()];
        team.run(member -> {
            try {
                found[member] = allowed();
            } catch (IOException e) {
                found[member] = e.toString();
            }
        });
        return found;
    }

    /** Of the threads of this process whose names begin so. */
    private static Map<String, String> allowedOfThreads(String prefix) throws IOException {
        Map<String, String> found = new TreeMap<>();
        try (var tasks = Files.newDirectoryStream(Path.of("/proc/self/task"))) {
            for (Path task : tasks) {
                List<String> status = Files.readAllLines(task.resolve("status"));
                String name = status.getFirst().substring("Name:".length()).strip();
                if (name.startsWith(prefix)) {
                    String list = status.stream()
                            .filter(line -> line.startsWith("Cpus_allowed_list:"))
                            .findFirst()
                            .orElseThrow();
                    found.put(
                            task.getFileName() + " " + name,
                            list.substring(list.indexOf(':') + 1).strip());
                }
            }
        }
        return found;
    }

    @Test
    void bindsEachMemberToItsNodeAndRestoresTheCaller() throws IOException {
        TeamBinding binding = TeamBinding.plan(Affinity.AUTO, 2, 0, 2);
        assertThat(binding.describe())
                .isEqualTo("bound: 1 thread to memory node 0 (processors " + first
                        + "), 1 thread to memory node 1 (processors " + second + ")");
        try (SpinParkTeam team = new SpinParkTeam(2, 2, binding)) {
            try (TeamBinding.Bound _ = team.bindCallerWhile()) {
                assertThat(allowedOfMembers(team)).containsExactly(Integer.toString(first), Integer.toString(second));
                assertThat(team.node(0)).isZero();
                assertThat(team.node(1)).isEqualTo(1);
            }
            assertThat(allowed()).isEqualTo(before);
            assertThat(allowedOfMembers(team)).containsExactly(before, Integer.toString(second));
        }
    }

    @Test
    void bindsTheThreadsOfAnEngineButNotItsUsers() throws Exception {
        EngineOptions options = EngineOptions.defaults().withThreads(2);
        GenerationRequest request =
                GenerationRequest.greedy(new int[] {1, 2, 3}, 4).withIgnoreEndOfGeneration(true);
        List<GenerationResult> results = new ArrayList<>();
        for (Affinity affinity : List.of(Affinity.AUTO, Affinity.NONE)) {
            try (Engine engine = Ryzanstein.open(options.withAffinity(affinity))) {
                assertThat(engine.threadPlacement()).startsWith(affinity == Affinity.NONE ? "not bound" : "bound: ");
                results.add(engine.submit(request, GenerationListener.NONE).await());
                // The kernel keeps the first 15 letters of a name.
                if (affinity == Affinity.AUTO) {
                    assertThat(allowedOfThreads("ryzanstein-step")).containsValue(Integer.toString(first));
                    assertThat(allowedOfThreads("ryzanstein-comp")).containsValue(Integer.toString(second));
                }
            }
            assertThat(allowed()).isEqualTo(before);
        }
        assertThat(results.get(0).tokens()).isEqualTo(results.get(1).tokens());
    }

    @Test
    void theSystemRefusesProcessorsThatThereAreNot() {
        ThreadAffinity affinity =
                ServiceLoader.load(ThreadAffinity.class).findFirst().orElseThrow();
        BitSet far = new BitSet();
        far.set(9_000);

        assertThatExceptionOfType(AffinityException.class)
                .isThrownBy(() -> affinity.bind(far))
                .withMessageContaining("sched_setaffinity: errno 22 (EINVAL");
        assertThatIllegalArgumentException().isThrownBy(() -> affinity.bind(new BitSet()));
    }
}
