package org.ryzanstein.loader.ranks;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import org.ryzanstein.api.comm.CommunicationException;
import org.ryzanstein.api.comm.Communicator;
import org.ryzanstein.api.comm.Endpoint;
import org.ryzanstein.api.comm.Rendezvous;
import org.ryzanstein.api.kernel.HeadOutput;
import org.ryzanstein.api.kernel.StepBatch;
import org.ryzanstein.loader.cluster.ClusterException;
import org.ryzanstein.loader.cluster.ClusterOptions;
import org.ryzanstein.loader.cluster.ClusterStatus;
import org.ryzanstein.loader.model.Model;
import org.ryzanstein.loader.model.ModelLimits;

/**
 * Runs steps on all ranks of a group that this process leads, as rank 0. When ranks are lost, it forms a new group of those
 * that live, a worker that has joined meanwhile in the place of a lost one, and has everything computed again: the numerics
 * contract gives the same tokens.
 *
 * <p>All but {@link #wantsPause} and {@link #status} belongs to the thread that runs steps, and so do all collectives.
 */
final class LeaderRunner implements StepRunner {
    private static final Logger LOG = System.getLogger(LeaderRunner.class.getName());
    /** How long the ranks of a new group may take to come: a rank may have to end a layer first. */
    private static final Duration JOIN = Duration.ofSeconds(10);
    /** A rank that is silent for a second is dead; its link says so a little later than the group's connections. */
    private static final Duration DEATH = Duration.ofMillis(1500);

    private static final Duration LEAVE = Duration.ofSeconds(2);
    private static final int KEPT_RECOVERIES = 32;
    private static final int MAX_WORKERS = ClusterOptions.MAX_RANKS - 1;
    /** Formations in a row that may fail without anybody being to blame. */
    private static final int MAX_UNEXPLAINED = 3;

    private final Endpoint endpoint;
    private final Membership membership;
    private final ShardLoader loader;
    private final Planner planner;
    private final ModelLimits limits;
    private final int maxSequences;
    private final ClusterStatus.Rank self;
    private final StepMessage message;
    private final AtomicLong formations = new AtomicLong();
    private final AtomicLong recoveryCount = new AtomicLong();
    /** Written by the thread that runs steps. */
    private volatile List<ClusterStatus.Recovery> recoveries = List.of();

    private volatile Group group;
    /** The group has ended, and there is no other yet: this process itself has failed. The next step forms one. */
    private volatile boolean broken;

    private long newestEpoch;

    /**
     * Forms the first group.
     *
     * @param self what is known of the leader
     */
    LeaderRunner(
            Endpoint endpoint,
            Membership membership,
            ShardLoader loader,
            Planner planner,
            ModelLimits limits,
            int maxSequences,
            ClusterStatus.Rank self) {
        this.endpoint = endpoint;
        this.membership = membership;
        this.loader = loader;
        this.planner = planner;
        this.limits = limits;
        this.maxSequences = maxSequences;
        this.self = self;
        message = new StepMessage(maxSequences, ModelLimits.blocksFor(limits.contextLength()), limits.kvBlocks());
        group = form(Optional.empty());
    }

    /** The leader's shard of the model. */
    Model model() {
        return group.shard().model();
    }

    @Override
    public HeadOutput output() {
        return group.head();
    }

    @Override
    public void place(int slot, int[] blocks) {
        message.place(slot, blocks);
    }

    @Override
    public boolean run(StepBatch batch) {
        if (broken) {
            recover(new ClusterException("this process has failed in the step before, or has formed no group"));
            return false;
        }
        try {
            group.run(message, batch);
            return true;
        } catch (CommunicationException | ClusterException e) {
            recover(e);
            return false;
        } catch (RuntimeException | Error e) {
            // The others may have ended this step: what they have sent must not be taken for results of the next one.
            broken = true;
            group.communicator().abort("rank 0 has failed: " + e);
            throw e;
        }
    }

    @Override
    public boolean faulted(int token) {
        return group.head().faulted(token);
    }

    @Override
    public boolean wantsPause() {
        List<Member> living = membership.living();
        List<Member> members = group.members();
        if (broken) {
            return false;
        }
        return !living.containsAll(members) || (living.size() > members.size() && members.size() < MAX_WORKERS);
    }

    @Override
    public void regroup() {
        if (!wantsPause()) {
            return;
        }
        List<Member> gone = new ArrayList<>(group.members());
        gone.removeAll(membership.living());
        if (!gone.isEmpty()) {
            recover(new ClusterException(gone.stream().map(Member::describe).collect(Collectors.joining(" and "))
                    + " gone while nothing was to be computed"));
            return;
        }
        int before = group.worldSize();
        try {
            message.sendLeave(group.communicator());
        } catch (CommunicationException e) {
            recover(e);
            return;
        }
        replace();
        LOG.log(Level.INFO, "the group of {0} ranks is now one of {1}", before, group.worldSize());
    }

    /** Ends the group and forms the next one of those that live. */
    private void replace() {
        broken = true;
        group.communicator().close();
        group = form(Optional.of(group));
        broken = false;
    }

    private void recover(RuntimeException cause) {
        long start = System.nanoTime();
        int before = group.worldSize();
        LOG.log(Level.WARNING, "the group of {0} ranks is lost: {1}", before, cause.getMessage());
        blame(cause, group.members());
        recoveryCount.incrementAndGet();
        replace();
        double seconds = (System.nanoTime() - start) / 1e9;
        List<ClusterStatus.Recovery> all = new ArrayList<>(recoveries);
        all.add(new ClusterStatus.Recovery(
                Instant.now(), String.valueOf(cause.getMessage()), before, group.worldSize(), seconds));
        recoveries = List.copyOf(all.subList(Math.max(0, all.size() - KEPT_RECOVERIES), all.size()));
        LOG.log(
                Level.WARNING,
                "recovered in {0} s: {1} ranks instead of {2}, formation {3}",
                String.format(Locale.ROOT, "%.2f", seconds),
                group.worldSize(),
                before,
                formations.get());
    }

    /**
     * Sees to it that a rank that has failed is not asked again: it must have gone, or its link is ended here. A rank that has
     * left because of another one's death may be accused of its own; the links tell who is really gone.
     *
     * @return whether anybody is out
     */
    private boolean blame(RuntimeException cause, List<Member> members) {
        if (!(cause instanceof CommunicationException failure)) {
            return false;
        }
        boolean mayBeDeath = switch (failure.kind()) {
            case RANK_DEAD, REFUSED -> true;
            case DEADLINE, MISMATCH, ABORTED, PROTOCOL -> false;
        };
        try {
            if (mayBeDeath && membership.awaitGone(members, DEATH)) {
                return true;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        if (failure.rank() < 1 || failure.rank() > members.size()) {
            return false;
        }
        Member member = members.get(failure.rank() - 1);
        LOG.log(Level.WARNING, "{0} has failed as rank {1}", member.describe(), failure.rank());
        membership.drop(member);
        return true;
    }

    /**
     * Forms a group of all workers that live; of ever fewer if they do not come, in the end of the leader alone.
     *
     * @param before the group before
     */
    private Group form(Optional<Group> before) {
        List<Member> seated = before.map(Group::members).orElse(List.of());
        int unexplained = 0;
        while (true) {
            seated = seats(seated, membership.living());
            for (Member member : seated) {
                newestEpoch = Math.max(newestEpoch, member.hello().newestEpoch());
            }
            newestEpoch++;
            formations.incrementAndGet();
            try {
                return form(seated, newestEpoch, before);
            } catch (CommunicationException e) {
                LOG.log(
                        Level.WARNING,
                        "formation {0} of {1} ranks failed: {2}",
                        Long.toString(newestEpoch),
                        seated.size() + 1,
                        e.getMessage());
                if (seated.isEmpty()) {
                    throw e;
                }
                boolean explained = blame(e, seated);
                // Whoever goes while a group forms, and comes again, shall not have it formed again and again.
                seated.stream().filter(member -> !member.link().isOpen()).forEach(membership::failed);
                if (!explained && ++unexplained == MAX_UNEXPLAINED) {
                    seated.forEach(membership::drop);
                }
            }
        }
    }

    /** Who stays keeps its rank, and with it its packed shard if the group keeps its size; newcomers fill the gaps. */
    private static List<Member> seats(List<Member> before, List<Member> living) {
        List<Member> newcomers = new ArrayList<>(living);
        newcomers.removeAll(before);
        List<Member> seats = new ArrayList<>();
        for (Member seat : before) {
            if (living.contains(seat)) {
                seats.add(seat);
            } else if (!newcomers.isEmpty()) {
                seats.add(newcomers.removeFirst());
            }
        }
        seats.addAll(newcomers);
        return List.copyOf(seats.subList(0, Math.min(seats.size(), MAX_WORKERS)));
    }

    private Group form(List<Member> members, long epoch, Optional<Group> before) {
        List<InetSocketAddress> addresses = new ArrayList<>();
        addresses.add(endpoint.address());
        members.forEach(member -> addresses.add(member.address()));
        for (int rank = 1; rank <= members.size(); rank++) {
            ControlMessage form = new ControlMessage.Form(epoch, rank, addresses, limits, maxSequences);
            try {
                members.get(rank - 1).link().send(form.encode());
            } catch (CommunicationException e) {
                throw new CommunicationException(
                        CommunicationException.Kind.RANK_DEAD, rank, "rank " + rank + ": " + e.getMessage(), e);
            }
        }
        Communicator ranks = endpoint.join(
                new Rendezvous(0, addresses, epoch).withThreads(self.threads()).withDeadline(JOIN),
                () -> gone(members));
        try {
            ranks.setDeadline(RankWorker.STEP_DEADLINE);
            // Under another plan all would have to pack again: of as many ranks as before, those that stay have their
            // shards.
            PlanChoice choice = before.filter(group -> group.worldSize() == ranks.worldSize())
                    .map(Group::plan)
                    .orElseGet(() -> planner.choose(ranks.worldSize(), ranks.linkSpeed()));
            Agreement.Terms terms = Agreement.terms(ranks, choice.terms());
            LoadedShard shard = loader.load(terms, limits, ranks);
            long[] packed = Agreement.ready(ranks, shard.model().packedBytes());
            message.repeatPlacements();
            return new Group(self, members, ranks, shard, choice, limits, planner.sizes(), packed);
        } catch (RuntimeException | Error e) {
            ranks.close();
            throw e;
        }
    }

    /** The first of a forming group that is gone. */
    private static Optional<CommunicationException> gone(List<Member> members) {
        for (int rank = 1; rank <= members.size(); rank++) {
            Member member = members.get(rank - 1);
            if (!member.link().isOpen()) {
                return Optional.of(new CommunicationException(
                        CommunicationException.Kind.RANK_DEAD,
                        rank,
                        "rank " + rank + ", " + member.describe() + ", is gone"));
            }
        }
        return Optional.empty();
    }

    @Override
    public Optional<ClusterStatus> status() {
        Group now = group;
        List<String> spares = membership.living().stream()
                .filter(member -> !now.members().contains(member))
                .map(Member::describe)
                .toList();
        return Optional.of(new ClusterStatus(
                now.communicator().epoch(),
                now.plan().terms().plan().label(),
                now.planReason(),
                now.communicator().describe(),
                now.ranks(),
                spares,
                formations.get(),
                recoveries,
                recoveryCount.get(),
                now.steps(),
                now.stepNanos(),
                now.exchangeNanos(),
                now.communicator().linkSpeed(),
                now.communicator().statistics()));
    }

    @Override
    public void close() {
        try {
            if (!broken) {
                group.communicator().setDeadline(LEAVE);
                message.sendLeave(group.communicator());
            }
        } catch (CommunicationException e) {
            LOG.log(Level.DEBUG, "the group was broken at its end: {0}", e.getMessage());
        }
        membership.close();
        group.communicator().close();
        endpoint.close();
        loader.close();
    }
}
