package org.ryzanstein.server.bench;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.ryzanstein.loader.cluster.ClusterOptions;
import org.ryzanstein.loader.cluster.ShardPlan;

/**
 * What the suite of ranks measures.
 *
 * @param ranks numbers of processes
 * @param plans plans to force in turn; none: the leader chooses
 * @param addedMicros added latencies in microseconds that two ranks are measured with, 0 for none
 */
public record RankOptions(List<Integer> ranks, List<ShardPlan> plans, List<Integer> addedMicros) {
    /** A second of added latency is more than the ranks' heartbeat allows. */
    private static final int MOST_MICROS = 500_000;

    /** One, two and four processes with the plan that the leader chooses, nothing added. */
    public static final RankOptions DEFAULTS = new RankOptions(List.of(1, 2, 4), List.of(), List.of(0));

    public RankOptions {
        ranks = List.copyOf(ranks);
        plans = List.copyOf(plans);
        addedMicros = List.copyOf(addedMicros);
        for (int count : ranks) {
            if (count < 1 || count > ClusterOptions.MAX_RANKS) {
                throw new IllegalArgumentException(
                        "ranks: found " + count + ", expected 1 to " + ClusterOptions.MAX_RANKS);
            }
        }
        for (int micros : addedMicros) {
            if (micros < 0 || micros > MOST_MICROS) {
                throw new IllegalArgumentException(
                        "added-latency: found " + micros + " us, expected 0 to " + MOST_MICROS);
            }
        }
    }

    /**
     * The cases: each number of ranks with its share of the processors, at least one thread a rank; where several numbers are
     * asked for, also one that has more threads than there are processors, if none of them has; and two ranks with each added
     * latency.
     *
     * @param threads threads of a rank that the user asks for, instead of its share
     */
    List<RankCase> cases(Optional<Integer> threads, int processors) {
        List<Optional<ShardPlan>> forced = plans.isEmpty()
                ? List.of(Optional.empty())
                : plans.stream().map(Optional::of).toList();
        Set<RankCase> cases = new LinkedHashSet<>();
        List<Integer> latencies = addedMicros.isEmpty() ? List.of(0) : addedMicros;
        for (int count : ranks) {
            int each = threads.orElse(Math.max(1, processors / count));
            boolean over = count * each > processors;
            if (count == 1) {
                cases.add(RankCase.alone(each));
                continue;
            }
            for (Optional<ShardPlan> plan : forced) {
                for (int micros : latencies) {
                    if (micros == 0 || count == 2) {
                        cases.add(new RankCase(count, each, plan, micros, over));
                    }
                }
            }
        }
        int most = ranks.stream().mapToInt(Integer::intValue).max().orElse(1);
        if (ranks.size() > 1 && most > 1 && cases.stream().noneMatch(RankCase::oversubscribed)) {
            cases.add(new RankCase(most, Math.ceilDiv(2 * processors, most), forced.getFirst(), 0, true));
        }
        return new ArrayList<>(cases);
    }
}
