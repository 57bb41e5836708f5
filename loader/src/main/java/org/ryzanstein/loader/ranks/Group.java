package org.ryzanstein.loader.ranks;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.ryzanstein.api.comm.Communicator;
import org.ryzanstein.api.kernel.StepBatch;
import org.ryzanstein.loader.cluster.ClusterStatus;
import org.ryzanstein.loader.model.ModelLimits;
import org.ryzanstein.loader.parallel.Shard;

/** One formation, seen from its leader. All but the reports belongs to the thread that runs steps. */
final class Group {
    private final List<Member> members;
    private final Communicator communicator;
    private final LoadedShard shard;
    private final PlanChoice plan;
    private final String planReason;
    private final MergedHead head;
    private final List<ClusterStatus.Rank> ranks;
    private final AtomicLong steps = new AtomicLong();
    private final AtomicLong stepNanos = new AtomicLong();
    private final AtomicLong exchangeNanos = new AtomicLong();

    /**
     * Notes a group that is ready to compute.
     *
     * @param leader what the leader's row of the table says, without its shard
     * @param members the workers, from rank 1 on
     * @param packedBytes of each rank
     */
    Group(
            ClusterStatus.Rank leader,
            List<Member> members,
            Communicator communicator,
            LoadedShard shard,
            PlanChoice plan,
            ModelLimits limits,
            Shard.Sizes sizes,
            long[] packedBytes) {
        this.members = List.copyOf(members);
        this.communicator = communicator;
        this.shard = shard;
        this.plan = plan;
        Agreement.Terms terms = plan.terms();
        boolean splits = shard.model().splitsResidual() && terms.splitFrom() <= limits.maxTokens();
        planReason = plan.reason()
                + (splits ? "; steps of " + terms.splitFrom() + " tokens or more share out the residual stream" : "")
                + (terms.exchangesKv() ? "; keys and values of KV heads that several ranks read are exchanged" : "");
        head = new MergedHead(limits, shard.shard().vocabulary(), 0);
        List<ClusterStatus.Rank> table = new ArrayList<>();
        for (int rank = 0; rank <= members.size(); rank++) {
            String part = Shard.of(sizes, rank, members.size() + 1, plan.terms().plan())
                    .describe();
            table.add(
                    rank == 0
                            ? row(leader, part, packedBytes[0])
                            : row(rank, members.get(rank - 1), part, packedBytes[rank]));
        }
        ranks = List.copyOf(table);
    }

    private static ClusterStatus.Rank row(ClusterStatus.Rank leader, String part, long packedBytes) {
        return new ClusterStatus.Rank(
                0,
                leader.host(),
                leader.process(),
                leader.address(),
                leader.backend(),
                leader.threads(),
                part,
                packedBytes);
    }

    private static ClusterStatus.Rank row(int rank, Member member, String part, long packedBytes) {
        ControlMessage.Hello hello = member.hello();
        String address = member.address().getAddress().getHostAddress() + ":" + hello.port();
        return new ClusterStatus.Rank(
                rank, hello.host(), hello.process(), address, hello.backend(), hello.threads(), part, packedBytes);
    }

    /** Runs a step on all ranks and collects what came out. */
    void run(StepMessage message, StepBatch batch) {
        long start = System.nanoTime();
        message.send(batch, communicator);
        long sent = System.nanoTime();
        shard.run(batch);
        head.take(batch, shard);
        long computed = System.nanoTime();
        for (int rank = 1; rank < communicator.worldSize(); rank++) {
            head.receive(batch, rank, communicator);
        }
        long end = System.nanoTime();
        steps.incrementAndGet();
        stepNanos.addAndGet(end - start);
        exchangeNanos.addAndGet(sent - start + shard.exchangeNanos() + end - computed);
    }

    List<Member> members() {
        return members;
    }

    int worldSize() {
        return members.size() + 1;
    }

    Communicator communicator() {
        return communicator;
    }

    LoadedShard shard() {
        return shard;
    }

    MergedHead head() {
        return head;
    }

    PlanChoice plan() {
        return plan;
    }

    /** Why the plan was chosen, and from where on steps share out the residual stream. */
    String planReason() {
        return planReason;
    }

    List<ClusterStatus.Rank> ranks() {
        return ranks;
    }

    long steps() {
        return steps.get();
    }

    long stepNanos() {
        return stepNanos.get();
    }

    long exchangeNanos() {
        return exchangeNanos.get();
    }
}
