package org.ryzanstein.loader.affinity;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.ryzanstein.api.kernel.AffinityException;
import org.ryzanstein.api.kernel.ThreadAffinity;

class TeamBindingTest {
    @TempDir
    private Path root;

    private final FakeAffinity affinity = new FakeAffinity();

    /** Remembers what it was asked for. */
    private static final class FakeAffinity implements ThreadAffinity {
        private final List<String> bound = new ArrayList<>();
        private Optional<String> refusal = Optional.empty();
        private int refusesBelow;

        @Override
        public Optional<String> refusal() {
            return refusal;
        }

        @Override
        public BitSet current() {
            BitSet all = new BitSet();
            all.set(0, 8);
            return all;
        }

        @Override
        public void bind(BitSet processors) {
            if (processors.cardinality() < refusesBelow) {
                throw new AffinityException("sched_setaffinity: errno 1 (EPERM)");
            }
            bound.add(ProcessorList.format(processors));
        }
    }

    /** Node 0 has processors 0 and 1, node 1 the others. */
    private MadeTopology eightCores() throws IOException {
        MadeTopology made = new MadeTopology(root).allowed("0-7").nodes("0-1");
        for (int cpu = 0; cpu < 8; cpu++) {
            made.core(cpu);
        }
        return made.node(0, "0-1").node(1, "2-7");
    }

    private TeamBinding plan(Affinity wanted, int size, int first, int machineThreads) {
        return TeamBinding.plan(
                wanted, size, first, machineThreads, () -> Topology.read(root), () -> Optional.of(affinity));
    }

    private static int[] nodes(TeamBinding binding, int size) {
        return IntStream.range(0, size).map(binding::node).toArray();
    }

    @Test
    void sharesMembersOutInProportionToTheCores() throws IOException {
        eightCores();

        TeamBinding all = plan(Affinity.AUTO, 8, 0, 8);
        assertThat(all.isActive()).isTrue();
        assertThat(nodes(all, 8)).containsExactly(0, 0, 1, 1, 1, 1, 1, 1);
        assertThat(all.describe())
                .isEqualTo("bound: 2 threads to memory node 0 (processors 0-1),"
                        + " 6 threads to memory node 1 (processors 2-7)");
        assertThat(nodes(plan(Affinity.NODES, 4, 0, 4), 4)).containsExactly(0, 1, 1, 1);
        assertThat(nodes(plan(Affinity.AUTO, 16, 0, 16), 16))
                .containsExactly(0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1);
        assertThat(plan(Affinity.AUTO, 1, 0, 1).describe())
                .isEqualTo("bound: 1 thread to memory node 0 (processors 0-1)");
    }

    @Test
    void givesRanksOfOneMachineNodesOfTheirOwn() throws IOException {
        eightCores().node(0, "0-3").node(1, "4-7");

        assertThat(plan(Affinity.AUTO, 4, 0, 8).describe())
                .isEqualTo("bound: 4 threads to memory node 0 (processors 0-3)");
        assertThat(plan(Affinity.AUTO, 4, 4, 8).describe())
                .isEqualTo("bound: 4 threads to memory node 1 (processors 4-7)");
        assertThat(nodes(plan(Affinity.AUTO, 4, 4, 8), 4)).containsOnly(0);
        assertThat(nodes(plan(Affinity.AUTO, 3, 3, 9), 3)).containsExactly(0, 0, 1);
    }

    @Test
    void triesTheNodesOfItsMembersOutAndRestoresTheThread() throws IOException {
        eightCores();

        assertThat(plan(Affinity.AUTO, 8, 0, 8).isActive()).isTrue();

        assertThat(affinity.bound).containsExactly("0-1", "2-7", "0-7");
    }

    @Test
    void bindsAThreadForGoodOrForSomeTime() throws IOException {
        eightCores();
        TeamBinding binding = plan(Affinity.AUTO, 8, 0, 8);
        affinity.bound.clear();

        binding.bind(7);
        assertThat(affinity.bound).containsExactly("2-7");

        affinity.bound.clear();
        try (TeamBinding.Bound _ = binding.bindWhile(1)) {
            assertThat(affinity.bound).containsExactly("0-1");
        }
        assertThat(affinity.bound).containsExactly("0-1", "0-7");
    }

    @Test
    void goesOnWhereTheSystemRefusesLater() throws IOException {
        eightCores();
        TeamBinding binding = plan(Affinity.AUTO, 8, 0, 8);
        affinity.bound.clear();
        affinity.refusesBelow = 9;

        binding.bind(3);
        binding.bindWhile(3).close();

        assertThat(affinity.bound).isEmpty();
    }

    @Test
    void bindsNothingOnOneNode() throws IOException {
        eightCores().allowed("2-5");

        TeamBinding binding = plan(Affinity.NODES, 4, 0, 4);

        assertThat(binding.describe()).isEqualTo("not bound: one memory node");
        assertThat(binding.isActive()).isFalse();
        binding.bind(0);
        binding.bindWhile(0).close();
        assertThat(nodes(binding, 4)).containsOnly(0);
        assertThat(affinity.bound).isEmpty();
    }

    @Test
    void bindsNothingIfNotAskedTo() throws IOException {
        eightCores();

        assertThat(plan(Affinity.NONE, 4, 0, 4).describe()).isEqualTo("not bound: as asked for");
        assertThat(affinity.bound).isEmpty();
    }

    @Test
    void saysWhyItCantBind() throws IOException {
        assertThat(plan(Affinity.AUTO, 2, 0, 2).describe())
                .isEqualTo(
                        "not bound: how processors lie on memory nodes is not known: there is no proc/thread-self/status");
        assertThat(plan(Affinity.NODES, 2, 0, 2).describe()).contains("is not known");

        eightCores();
        assertThat(TeamBinding.plan(Affinity.AUTO, 2, 0, 2, () -> Topology.read(root), Optional::empty)
                        .describe())
                .isEqualTo("not bound: no module here can bind threads");

        affinity.refusesBelow = 8;
        assertThat(plan(Affinity.AUTO, 2, 0, 2).describe()).isEqualTo("not bound: sched_setaffinity: errno 1 (EPERM)");
        assertThat(affinity.bound).containsExactly("0-7");

        affinity.refusal = Optional.of("no Linux");
        assertThat(plan(Affinity.AUTO, 2, 0, 2).describe()).isEqualTo("not bound: no Linux");
    }
}
