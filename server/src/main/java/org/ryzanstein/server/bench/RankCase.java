package org.ryzanstein.server.bench;

import java.util.Optional;
import org.ryzanstein.loader.cluster.ShardPlan;

/**
 * What the suite of ranks measures against one process.
 *
 * @param ranks processes that compute one model together; 1: a plain one
 * @param threads compute threads of each
 * @param plan how layers are shared out; empty: by the leader's own choice
 * @param addedMicros by how much everything between the leader and its workers comes later
 * @param oversubscribed whether there are more threads than processors
 */
record RankCase(int ranks, int threads, Optional<ShardPlan> plan, int addedMicros, boolean oversubscribed) {
    static RankCase alone(int threads) {
        return new RankCase(1, threads, Optional.empty(), 0, false);
    }

    String describe() {
        return ranks + (ranks == 1 ? " rank" : " ranks") + " of " + threads + (threads == 1 ? " thread" : " threads")
                + plan.map(forced -> ", " + forced.label()).orElse("")
                + (addedMicros > 0 ? ", " + addedMicros + " us added" : "")
                + (oversubscribed ? ", oversubscribed" : "");
    }
}
