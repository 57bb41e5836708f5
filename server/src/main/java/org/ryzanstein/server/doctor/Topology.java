package org.ryzanstein.server.doctor;

import java.util.BitSet;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;

/**
 * How the processors that this process may use lie on cores and memory nodes, as Linux tells it in {@code /proc/self/status} and
 * {@code /sys/devices/system}.
 *
 * @param processors that the process's affinity allows
 * @param cores that have at least one of them
 * @param nodes memory nodes (NUMA) that have at least one of them
 */
record Topology(int processors, int cores, int nodes) {
    /** More than any kernel is built for. */
    private static final int MOST = 1 << 14;

    /** Empty where the system does not say, or says what can't be understood. */
    static Optional<Topology> of(Machine machine) {
        return machine.field("proc/self/status", "Cpus_allowed_list")
                .flatMap(Topology::list)
                .filter(allowed -> !allowed.isEmpty())
                .flatMap(allowed -> of(machine, allowed));
    }

    private static Optional<Topology> of(Machine machine, BitSet allowed) {
        Set<BitSet> cores = new HashSet<>();
        for (int cpu = allowed.nextSetBit(0); cpu >= 0; cpu = allowed.nextSetBit(cpu + 1)) {
            Optional<BitSet> siblings = machine.read(
                            "sys/devices/system/cpu/cpu" + cpu + "/topology/thread_siblings_list")
                    .flatMap(Topology::list);
            if (siblings.isEmpty()) {
                return Optional.empty();
            }
            cores.add(siblings.get());
        }
        return nodes(machine, allowed).map(nodes -> new Topology(allowed.cardinality(), cores.size(), nodes));
    }

    /** One where the kernel knows no memory nodes. */
    private static Optional<Integer> nodes(Machine machine, BitSet allowed) {
        Optional<String> online = machine.read("sys/devices/system/node/online");
        if (online.isEmpty()) {
            return Optional.of(1);
        }
        Optional<BitSet> present = list(online.get());
        if (present.isEmpty()) {
            return Optional.empty();
        }
        int nodes = 0;
        for (int node = present.get().nextSetBit(0);
                node >= 0;
                node = present.get().nextSetBit(node + 1)) {
            Optional<BitSet> processors = machine.read("sys/devices/system/node/node" + node + "/cpulist")
                    .flatMap(Topology::list);
            if (processors.isEmpty()) {
                return Optional.empty();
            }
            nodes += processors.get().intersects(allowed) ? 1 : 0;
        }
        return Optional.of(nodes);
    }

    /** Parses the kernel's lists, such as {@code 0-3,8}; a node without processors has an empty one. */
    static Optional<BitSet> list(String text) {
        BitSet found = new BitSet();
        String stripped = text.strip();
        if (stripped.isEmpty()) {
            return Optional.of(found);
        }
        for (String range : stripped.split(",", -1)) {
            if (!range.matches("[0-9]{1,5}(-[0-9]{1,5})?")) {
                return Optional.empty();
            }
            int dash = range.indexOf('-');
            int first = Integer.parseInt(dash < 0 ? range : range.substring(0, dash));
            int last = Integer.parseInt(range.substring(dash + 1));
            if (first > last || last >= MOST) {
                return Optional.empty();
            }
            found.set(first, last + 1);
        }
        return Optional.of(found);
    }
}
