package org.ryzanstein.api.kernel;

/**
 * A fixed team of threads that run one parallel region at a time; the thread that calls {@link #run} is member 0. Implemented
 * by the loader and lent to a backend.
 */
public interface ThreadTeam {
    int size();

    /**
     * The group of processors, near one part of the memory, that a member computes on: 0 where members are not bound. Groups are
     * numbered from 0 without gaps, and never fall from one member to the next.
     */
    default int node(int member) {
        return 0;
    }

    /**
     * Runs the task once on each member and returns when all are done. If a member throws, the others are released from
     * their barriers and the first failure is thrown here.
     */
    void run(Task task);

    /**
     * Waits until every member has called it as often: called inside {@link #run} only, by all members alike. What a member
     * wrote before it is visible to all after it.
     */
    void barrier();

    /** One member's part of a parallel region. */
    @FunctionalInterface
    interface Task {
        /**
         * Runs.
         *
         * @param member 0 .. team size - 1
         */
        void run(int member);
    }
}
