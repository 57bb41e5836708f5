package org.ryzanstein.contract;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.TestInstance;
import org.ryzanstein.api.comm.Communicator;

/**
 * What every communicator must do: each collective equals its naive form bit for bit, over sizes from nothing to megabytes;
 * whatever goes wrong is an error on every rank, never a hang. A communicator's test extends this class and says how ranks are
 * made:
 *
 * <pre>{@code
 * class MyCommunicatorContractTest extends CommunicatorContract {
 *     @Override
 *     protected List<Communicator> open(int worldSize) { ... }
 *
 *     @Override
 *     protected void kill(Communicator communicator) { ... }
 * }
 * }</pre>
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
public abstract class CommunicatorContract
        implements CollectiveContract, MessageContract, GroupContract, CommunicatorFailureContract {
    private final Map<Integer, Ranks> worlds = new TreeMap<>();

    /** Forms a group of so many ranks in this process. */
    protected abstract List<Communicator> open(int worldSize);

    /** Ends a rank as the death of its process would: without a word. */
    protected abstract void kill(Communicator communicator);

    /** Whether a call that does not match is recognised; elsewhere it must run into the deadline. */
    @Override
    public boolean framed() {
        return true;
    }

    @Override
    public final Ranks ranks(int worldSize) {
        return worlds.computeIfAbsent(worldSize, this::fresh);
    }

    @Override
    public final Ranks fresh(int worldSize) {
        return new Ranks(open(worldSize));
    }

    @Override
    public final void killRank(Ranks ranks, int rank) {
        kill(ranks.rank(rank));
    }

    @AfterAll
    final void closeWorlds() {
        worlds.values().forEach(Ranks::close);
        worlds.clear();
    }
}
