package org.ryzanstein.backend.cpu;

import org.ryzanstein.api.kernel.ThreadTeam;

/** Splits ranges of items evenly over a team. */
public record Parallel(ThreadTeam team) {
    /** Works on the items {@code from .. to}. */
    @FunctionalInterface
    public interface Range {
        void run(int from, int to);
    }

    /** Threads that share the items. */
    public int members() {
        return team.size();
    }

    /** Runs the range of each member, and returns when all are done. */
    public void forRange(int items, Range range) {
        int members = team.size();
        team.run(member -> {
            int from = start(items, member, members);
            int to = start(items, member + 1, members);
            if (from < to) {
                range.run(from, to);
            }
        });
    }

    /** First item of a member. */
    public static int start(int items, int member, int members) {
        return (int) ((long) items * member / members);
    }
}
