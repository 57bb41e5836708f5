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

    /** As {@link #forRange}, but items are shared out in groups of so many. */
    void forGroups(int items, int group, Range range) {
        forRange(Math.ceilDiv(items, group), (from, to) -> range.run(from * group, Math.min(items, to * group)));
    }

    /** Groups of members that compute near one part of the memory, a memory node. */
    public int nodes() {
        return team.node(team.size() - 1) + 1;
    }

    /** For each node the end of the items of its members, if items are shared out in groups of so many. */
    int[] endsOfNodes(int items, int group) {
        int groups = Math.ceilDiv(items, group);
        int[] ends = new int[nodes()];
        for (int member = 0; member < team.size(); member++) {
            ends[team.node(member)] = Math.min(items, start(groups, member + 1, team.size()) * group);
        }
        return ends;
    }

    /** First item of a member. */
    public static int start(int items, int member, int members) {
        return (int) ((long) items * member / members);
    }
}
