package org.ryzanstein.loader.affinity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TopologyTest {
    @TempDir
    private Path root;

    private MadeTopology made;

    @BeforeEach
    void fourCoresOfTwoThreadsOnTwoNodes() throws IOException {
        made = new MadeTopology(root);
        made.allowed("0-7").core(0, 4).core(1, 5).core(2, 6).core(3, 7);
        made.nodes("0-1").node(0, "0-1,4-5").node(1, "2-3,6-7");
    }

    private static BitSet set(int... numbers) {
        BitSet set = new BitSet();
        IntStream.of(numbers).forEach(set::set);
        return set;
    }

    @Test
    void countsHardwareThreadsOfACoreOnce() throws IOException {
        Topology topology = made.read();

        assertThat(topology.processors()).isEqualTo(set(0, 1, 2, 3, 4, 5, 6, 7));
        assertThat(topology.cores()).isEqualTo(4);
        assertThat(topology.nodes())
                .containsExactly(new Topology.Node(0, set(0, 1, 4, 5), 2), new Topology.Node(1, set(2, 3, 6, 7), 2));
    }

    @Test
    void seesOnlyWhatTheProcessMayUse() throws IOException {
        made.allowed("1-3,6");
        assertThat(made.read().nodes())
                .containsExactly(new Topology.Node(0, set(1), 1), new Topology.Node(1, set(2, 3, 6), 2));

        made.allowed("2-3");
        assertThat(made.read().nodes()).containsExactly(new Topology.Node(1, set(2, 3), 2));
    }

    @Test
    void leavesOutNodesOfMemoryAloneAndNumbersNeedNotFollowEachOther() throws IOException {
        made.nodes("0,2,5").node(2, "").node(5, "2-3,6-7");

        assertThat(made.read().nodes()).extracting(Topology.Node::number).containsExactly(0, 5);
    }

    @Test
    void leavesOutProcessorsThatAreOffline() throws IOException {
        made.file("sys/devices/system/cpu/online", "0-2,4-5\n");
        assertThat(made.read().processors()).isEqualTo(set(0, 1, 2, 4, 5));

        made.file("sys/devices/system/cpu/online", "8\n");
        assertThatIOException().isThrownBy(made::read).withMessageContaining("none of the processors");
    }

    @Test
    void isOneNodeWhereTheKernelKnowsNone() throws IOException {
        Files.delete(root.resolve("sys/devices/system/node/online"));

        assertThat(made.read().nodes())
                .containsExactly(new Topology.Node(0, made.read().processors(), 4));
    }

    @Test
    void refusesNodesThatDontFitTheProcessors() throws IOException {
        made.node(1, "3,6-7");
        assertThatIOException().isThrownBy(made::read).withMessageContaining("processors 2 are on no node");

        made.node(1, "1-3,6-7");
        assertThatIOException()
                .isThrownBy(made::read)
                .withMessageContaining("node1/cpulist: processors 1 are on another node, too");
    }

    @Test
    void saysWhichFileIsMissing() throws IOException {
        Files.delete(root.resolve("sys/devices/system/cpu/cpu5/topology/thread_siblings_list"));
        assertThatIOException()
                .isThrownBy(made::read)
                .withMessage("there is no sys/devices/system/cpu/cpu5/topology/thread_siblings_list");

        made.nodes("0-2");
        assertThatIOException().isThrownBy(made::read);

        Files.delete(root.resolve("proc/thread-self/status"));
        assertThatIOException().isThrownBy(made::read).withMessage("there is no proc/thread-self/status");
    }

    @Test
    void refusesAStatusWithoutProcessors() throws IOException {
        made.allowed("");
        assertThatIOException().isThrownBy(made::read).withMessageContaining("found no processor");

        made.file("proc/thread-self/status", "Name:\tjava\n");
        assertThatIOException().isThrownBy(made::read).withMessageContaining("no line Cpus_allowed_list:");
    }

    @ParameterizedTest
    @ValueSource(strings = {"x", "1-", "3-1", "99999", "16384", "0,,1", "-1", "0x3", "ff", "1-2-3", "1;2"})
    void refusesWhatIsNoList(String list) throws IOException {
        made.node(1, list);
        assertThatIOException()
                .isThrownBy(made::read)
                .withMessageStartingWith("sys/devices/system/node/node1/cpulist: found \"")
                .withMessageContaining("such as 0-3,8");

        made.node(1, "2-3,6-7").nodes(list);
        assertThatIOException().isThrownBy(made::read).withMessageStartingWith("sys/devices/system/node/online: ");

        made.nodes("0-1").allowed(list);
        assertThatIOException().isThrownBy(made::read).withMessageStartingWith("proc/thread-self/status, ");
    }

    @Test
    void refusesFilesThatDontEnd() throws IOException {
        made.node(1, "2,".repeat(1 << 16));
        assertThatIOException()
                .isThrownBy(made::read)
                .withMessage("sys/devices/system/node/node1/cpulist: more than 65536 bytes");
    }

    @Test
    void saysWhatCantBeRead() throws IOException {
        Files.delete(root.resolve("sys/devices/system/node/online"));
        Files.createDirectory(root.resolve("sys/devices/system/node/online"));

        assertThatIOException()
                .isThrownBy(made::read)
                .withMessageStartingWith("sys/devices/system/node/online can't be read: ");
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void understandsThisMachine() throws IOException {
        Topology topology = Topology.ofProcess();

        assertThat(topology.cores()).isBetween(1, topology.processors().cardinality());
        assertThat(topology.nodes()).isNotEmpty().hasSizeLessThanOrEqualTo(topology.cores());
        assertThat(Topology.usableCores()).isBetween(1, Runtime.getRuntime().availableProcessors());
    }

    @Test
    void writesListsAsItReadsThem() {
        assertThat(ProcessorList.format(set())).isEmpty();
        assertThat(ProcessorList.format(set(0, 1, 2, 3, 8, 10, 11))).isEqualTo("0-3,8,10-11");
        assertThat(ProcessorList.parse(" 0-3,8,10-11\n")).isEqualTo(set(0, 1, 2, 3, 8, 10, 11));
    }
}
