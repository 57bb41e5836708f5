package org.ryzanstein.backend.scalar;

import org.ryzanstein.api.kernel.ThreadTeam;

/** Splits ranges of items evenly over a team. */
record Parallel(ThreadTeam team) {
    /** Works on the items {@code from .. to}. */
    @FunctionalInterface
    interface Range {
        void run(int from, int to);
    }

    void forRange(int items, Range range) {
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
    static int start(int items, int member, int members) {
        return (int) ((long) items * member / members);
    }
}
