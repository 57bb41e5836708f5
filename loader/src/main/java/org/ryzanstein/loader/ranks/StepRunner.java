package org.ryzanstein.loader.ranks;

import java.util.Optional;
import org.ryzanstein.api.kernel.HeadOutput;
import org.ryzanstein.api.kernel.StepBatch;
import org.ryzanstein.loader.cluster.ClusterStatus;

/** Where the steps of an engine are run: in this process alone, or on all ranks of a group. Belongs to one thread. */
public interface StepRunner extends AutoCloseable {
    /** What was wanted of the last step's tokens. */
    HeadOutput output();

    /** Says in which KV blocks the positions of a slot lie, from now on. */
    void place(int slot, int[] blocks);

    /**
     * Runs a step.
     *
     * @return false if ranks were lost: nothing has been computed, and all that was ever computed is forgotten; the next step
     *     must begin at the first position of each sequence
     */
    boolean run(StepBatch batch);

    /** Whether the last step met a value that was not finite in the row of this token. */
    boolean faulted(int token);

    /** Whether {@link #regroup} has something to do: ranks have come or gone. May be asked from any thread. */
    boolean wantsPause();

    /** Called when no sequence is under way: forms the group anew with the ranks that there are. */
    void regroup();

    /** The group; empty where there is none. May be asked from any thread. */
    Optional<ClusterStatus> status();

    @Override
    void close();
}
