package org.ryzanstein.loader.affinity;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.ryzanstein.api.kernel.AffinityException;
import org.ryzanstein.api.kernel.ThreadAffinity;

/**
 * Which processors the members of a team are bound to. Where there are several memory nodes, each member is bound to all processors of
 * one node that the process may use: memory that it writes first then lies on the node where it will be read, and the scheduler stays
 * free within the node. Members follow each other over the nodes, in proportion to the cores there, so that neighbours, which work
 * on neighbouring rows, share a node.
 *
 * <p>Where there is one node, or it can't be done, nothing is bound, and {@link #describe} says why.
 */
public final class TeamBinding {
    private static final Logger LOG = System.getLogger(TeamBinding.class.getName());

    /** Leaves every thread where it is. */
    public static final TeamBinding NONE = unbound("left to the scheduler");

    private final @Nullable ThreadAffinity affinity;
    /** The node of each member; empty where nothing is bound. */
    private final List<Topology.Node> nodes;

    private final String description;

    private TeamBinding(@Nullable ThreadAffinity affinity, List<Topology.Node> nodes, String description) {
        this.affinity = affinity;
        this.nodes = List.copyOf(nodes);
        this.description = description;
    }

    private static TeamBinding unbound(String why) {
        return new TeamBinding(null, List.of(), "not bound: " + why);
    }

    /** Reads a topology. */
    @FunctionalInterface
    interface Reader {
        Topology read() throws IOException;
    }

    /**
     * Plans for one of the teams of this machine, and tries with the calling thread whether the system allows it. A refusal is logged.
     *
     * @param size members of the team
     * @param first how many members the teams before it have, where several processes share a model
     * @param machineThreads members of all teams
     */
    public static TeamBinding plan(Affinity wanted, int size, int first, int machineThreads) {
        return plan(wanted, size, first, machineThreads, Topology::ofProcess, TeamBinding::find);
    }

    static TeamBinding plan(
            Affinity wanted,
            int size,
            int first,
            int machineThreads,
            Reader reader,
            Supplier<Optional<ThreadAffinity>> service) {
        if (wanted == Affinity.NONE) {
            return unbound("as asked for");
        }
        Topology topology;
        try {
            topology = reader.read();
        } catch (IOException e) {
            String why = "how processors lie on memory nodes is not known: " + e.getMessage();
            return wanted == Affinity.NODES ? refused(why) : unbound(why);
        }
        if (topology.nodes().size() == 1) {
            return unbound("one memory node");
        }
        Optional<ThreadAffinity> found = service.get();
        if (found.isEmpty()) {
            return refused("no module here can bind threads");
        }
        Optional<String> refusal = found.get().refusal();
        if (refusal.isPresent()) {
            return refused(refusal.get());
        }
        List<Topology.Node> nodes = share(topology, size, first, Math.max(machineThreads, first + size));
        TeamBinding binding = new TeamBinding(found.get(), nodes, describe(nodes));
        return binding.tryOut().map(TeamBinding::refused).orElse(binding);
    }

    private static Optional<ThreadAffinity> find() {
        try {
            Iterator<ThreadAffinity> all =
                    ServiceLoader.load(ThreadAffinity.class).iterator();
            return all.hasNext() ? Optional.of(all.next()) : Optional.empty();
        } catch (ServiceConfigurationError e) {
            LOG.log(Level.WARNING, "a service that binds threads can't be used", e);
            return Optional.empty();
        }
    }

    /** There are several nodes, and threads can't be bound to them: that costs speed. */
    private static TeamBinding refused(String why) {
        LOG.log(
                Level.WARNING,
                "compute threads are not bound to memory nodes: {0}; to bind whole processes, start each by numactl",
                why);
        return unbound(why);
    }

    /** The node of each member: of the cores in the order of their nodes, as many for each member of all teams. */
    private static List<Topology.Node> share(Topology topology, int size, int first, int machineThreads) {
        List<Topology.Node> nodes = new ArrayList<>();
        for (int member = first; member < first + size; member++) {
            int core = (int) ((long) member * topology.cores() / machineThreads);
            int before = 0;
            for (Topology.Node node : topology.nodes()) {
                if (core >= before && core < before + node.cores()) {
                    nodes.add(node);
                }
                before += node.cores();
            }
        }
        return nodes;
    }

    private static String describe(List<Topology.Node> members) {
        StringBuilder text = new StringBuilder("bound: ");
        for (int from = 0; from < members.size(); ) {
            Topology.Node node = members.get(from);
            int to = from;
            while (to < members.size() && members.get(to).equals(node)) {
                to++;
            }
            text.append(from == 0 ? "" : ", ")
                    .append(to - from)
                    .append(to - from == 1 ? " thread to memory node " : " threads to memory node ")
                    .append(node.number())
                    .append(" (processors ")
                    .append(ProcessorList.format(node.processors()))
                    .append(')');
            from = to;
        }
        return text.toString();
    }

    /** Binds the calling thread to each node in turn, then as before; returns why that can't be done, if so. */
    private Optional<String> tryOut() {
        ThreadAffinity own = affinity;
        if (own == null) {
            return Optional.empty();
        }
        try {
            BitSet before = own.current();
            try {
                for (Topology.Node node : nodes.stream().distinct().toList()) {
                    own.bind(node.processors());
                }
            } finally {
                own.bind(before);
            }
            return Optional.empty();
        } catch (AffinityException e) {
            return Optional.of(String.valueOf(e.getMessage()));
        }
    }

    /** What is bound to what, or why nothing is. */
    public String describe() {
        return description;
    }

    /** Whether members are bound. */
    public boolean isActive() {
        return !nodes.isEmpty();
    }

    /** The member's node: nodes that have members are counted from 0. */
    public int node(int member) {
        int number = 0;
        for (int other = 1; other <= member && other < nodes.size(); other++) {
            number += nodes.get(other).equals(nodes.get(other - 1)) ? 0 : 1;
        }
        return number;
    }

    /** Binds the calling thread as a member, for good. Threads that it starts are bound likewise. */
    public void bind(int member) {
        ThreadAffinity own = affinity;
        if (own == null) {
            return;
        }
        bind(own, nodes.get(member).processors());
    }

    private static void bind(ThreadAffinity own, BitSet processors) {
        try {
            own.bind(processors);
        } catch (AffinityException e) {
            LOG.log(
                    Level.WARNING,
                    "{0} could not be bound to processors {1}: {2}",
                    Thread.currentThread().getName(),
                    ProcessorList.format(processors),
                    e.getMessage());
        }
    }

    /** A thread that is bound until this is closed by it; then it may run where it might before. */
    @FunctionalInterface
    public interface Bound extends AutoCloseable {
        @Override
        void close();
    }

    /** Binds the calling thread as a member for some time. */
    public Bound bindWhile(int member) {
        ThreadAffinity own = affinity;
        if (own == null) {
            return () -> {};
        }
        BitSet before = own.current();
        bind(member);
        return () -> bind(own, before);
    }
}
