package org.ryzanstein.loader.parallel;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.ryzanstein.api.kernel.ThreadTeam;
import org.ryzanstein.loader.affinity.TeamBinding;

/**
 * A persistent team whose members wait by spinning briefly and then parking.
 *
 * <p>Three things are waited for, each a volatile counter: a new region ({@code generation}), the barrier ({@code phase}), and
 * the end of all members ({@code finished}). A waiter spins on its counter, then writes itself into {@code parked}, looks
 * again and parks; whoever changes a counter afterwards unparks those it finds there. Both sides write before they read, so
 * a wake-up can't be lost. With more members than processors nobody spins: a spinning thread would only keep the one it waits
 * for from running.
 */
public final class SpinParkTeam implements ThreadTeam, AutoCloseable {
    /** About 50 microseconds: longer than a barrier inside a layer, shorter than a scheduler's time slice. */
    private static final int SPINS = 2_000;

    private final int size;
    private final int spins;
    private final TeamBinding binding;
    private final Thread[] threads;
    private final boolean[] parkedFlags;
    private final AtomicInteger parked = new AtomicInteger();
    private final AtomicInteger arrived = new AtomicInteger();
    private final AtomicInteger finished = new AtomicInteger();
    private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
    private volatile int generation;
    private volatile int phase;
    private volatile boolean closed;
    private volatile @Nullable Task task;

    /** Starts {@code size - 1} daemon threads; the thread that calls {@link #run} is the missing one. */
    public SpinParkTeam(int size) {
        this(size, size, TeamBinding.NONE);
    }

    /**
     * Starts a team that is not alone on this machine.
     *
     * @param machineThreads compute threads of all teams of this machine, in all processes
     * @param binding which processors its members are bound to, made for as many members
     */
    public SpinParkTeam(int size, int machineThreads, TeamBinding binding) {
        if (size < 1) {
            throw new IllegalArgumentException("team of " + size);
        }
        this.size = size;
        this.binding = binding;
        this.spins = Math.max(size, machineThreads) <= Runtime.getRuntime().availableProcessors() ? SPINS : 0;
        this.threads = new Thread[size];
        this.parkedFlags = new boolean[size];
        for (int member = 1; member < size; member++) {
            int number = member;
            threads[member] = Thread.ofPlatform()
                    .daemon()
                    .name("ryzanstein-compute-" + member)
                    .unstarted(() -> work(number));
        }
        threads[0] = Thread.currentThread();
        for (int member = 1; member < size; member++) {
            threads[member].start();
        }
    }

    @Override
    public int size() {
        return size;
    }

    @Override
    public int node(int member) {
        return binding.node(member);
    }

    /** Which processors the members are bound to, or why none is. */
    public String placement() {
        return binding.describe();
    }

    /** Binds the calling thread, which will call {@link #run}, as the others are: for good, so it must be the caller's own. */
    public void bindCaller() {
        binding.bind(0);
    }

    /** Binds the calling thread, which will call {@link #run}, as the others are, until what is returned is closed by it. */
    public TeamBinding.Bound bindCallerWhile() {
        return binding.bindWhile(0);
    }

    @Override
    public synchronized void run(Task newTask) {
        if (closed) {
            throw new IllegalStateException("the thread team is closed");
        }
        if (size == 1) {
            newTask.run(0);
            return;
        }
        threads[0] = Thread.currentThread();
        arrived.set(0);
        finished.set(0);
        failure.set(null);
        task = newTask;
        generation++;
        wakeParked();
        runMember(newTask, 0);
        await(0, Wait.END, size - 1);
        task = null;
        throwFailure();
    }

    private void throwFailure() {
        Throwable thrown = failure.get();
        if (thrown instanceof RuntimeException e) {
            throw e;
        }
        if (thrown instanceof Error e) {
            throw e;
        }
    }

    private void runMember(Task current, int member) {
        try {
            current.run(member);
        } catch (BrokenTeamException ignored) {
            // Another member failed; its failure is the one that counts.
        } catch (RuntimeException | Error e) {
            failure.compareAndSet(null, e);
            wakeParked();
        }
    }

    private void work(int member) {
        binding.bind(member);
        int seen = 0;
        while (true) {
            await(member, Wait.REGION, seen);
            if (closed) {
                return;
            }
            seen++;
            Task current = task;
            if (current != null) {
                runMember(current, member);
            }
            finished.incrementAndGet();
            wakeParked();
        }
    }

    @Override
    public void barrier() {
        if (size == 1) {
            return;
        }
        int now = phase;
        if (arrived.incrementAndGet() == size) {
            arrived.set(0);
            phase = now + 1;
            wakeParked();
        } else {
            await(-1, Wait.BARRIER, now);
        }
        if (failure.get() != null) {
            throw new BrokenTeamException();
        }
    }

    private enum Wait {
        REGION,
        BARRIER,
        END
    }

    private boolean isOver(Wait wait, int value) {
        return switch (wait) {
            case REGION -> generation != value || closed;
            case BARRIER -> phase != value || failure.get() != null;
            case END -> finished.get() == value;
        };
    }

    private void await(int knownMember, Wait wait, int value) {
        for (int i = 0; i < spins; i++) {
            if (isOver(wait, value)) {
                return;
            }
            Thread.onSpinWait();
        }
        int member = knownMember >= 0 ? knownMember : currentMember();
        while (!isOver(wait, value)) {
            setParked(member, true);
            if (!isOver(wait, value)) {
                LockSupport.park(this);
            }
            setParked(member, false);
        }
    }

    private int currentMember() {
        Thread current = Thread.currentThread();
        for (int member = 0; member < size; member++) {
            if (current.equals(threads[member])) {
                return member;
            }
        }
        throw new IllegalStateException("barrier called outside the team, by " + current.getName());
    }

    private void setParked(int member, boolean value) {
        synchronized (parkedFlags) {
            parkedFlags[member] = value;
        }
        if (value) {
            parked.incrementAndGet();
        } else {
            parked.decrementAndGet();
        }
    }

    private void wakeParked() {
        if (parked.get() == 0) {
            return;
        }
        synchronized (parkedFlags) {
            for (int member = 0; member < size; member++) {
                if (parkedFlags[member]) {
                    LockSupport.unpark(threads[member]);
                }
            }
        }
    }

    /** Ends the threads, after the region under way. */
    @Override
    public synchronized void close() {
        closed = true;
        wakeParked();
    }

    /** Releases members from their barriers after another one failed. */
    private static final class BrokenTeamException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        BrokenTeamException() {
            super("another member of the thread team failed", null, false, false);
        }
    }
}
