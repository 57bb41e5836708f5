package org.ryzanstein.comm.tcp;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/** Says by which way data go to which rank. */
final class Transports {
    private Transports() {}

    /**
     * One phrase.
     *
     * @param refusals by rank, why it is not shared memory; empty where it is
     */
    static String describe(Map<Integer, Optional<String>> refusals) {
        SortedMap<String, List<Integer>> ranks = new TreeMap<>();
        refusals.forEach((rank, refusal) -> ranks.computeIfAbsent(
                        refusal.map(reason -> "TCP (" + reason + ")").orElse("shared memory"), way -> new ArrayList<>())
                .add(rank));
        if (ranks.size() == 1) {
            return ranks.firstKey();
        }
        List<String> ways = new ArrayList<>();
        ranks.forEach((way, who) -> ways.add(way + " with " + who));
        return String.join(", ", ways);
    }
}
