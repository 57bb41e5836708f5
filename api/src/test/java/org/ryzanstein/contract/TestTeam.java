package org.ryzanstein.contract;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.ryzanstein.api.kernel.ThreadTeam;

/**
 * A team of plain threads under one monitor: slow, and simple enough to be right. A member that ends while others wait at a
 * barrier, which would hang a real team, fails the region instead.
 */
public final class TestTeam implements ThreadTeam, AutoCloseable {
    private final int size;
    private final List<Thread> threads = new ArrayList<>();

    private @Nullable Task task;
    private long region;
    private long barriers;
    private int waiting;
    private int ended;
    private boolean closed;
    private @Nullable Throwable failure;

    public TestTeam(int size) {
        if (size < 1) {
            throw new IllegalArgumentException("team of " + size);
        }
        this.size = size;
        ended = size;
        for (int member = 1; member < size; member++) {
            int number = member;
            threads.add(Thread.ofPlatform().daemon().name("test-team-" + number).start(() -> serve(number)));
        }
    }

    @Override
    public int size() {
        return size;
    }

    /** Members are on two nodes. */
    @Override
    public int node(int member) {
        return 2 * member / size;
    }

    @Override
    public void run(Task work) {
        synchronized (this) {
            if (closed || task != null) {
                throw new IllegalStateException(closed ? "team is closed" : "a region is already running");
            }
            task = work;
            failure = null;
            ended = 0;
            waiting = 0;
            region++;
            notifyAll();
        }
        runMember(work, 0);
        Throwable thrown;
        synchronized (this) {
            while (ended < size) {
                pause();
            }
            task = null;
            thrown = failure;
        }
        switch (thrown) {
            case null -> {}
            case RuntimeException e -> throw e;
            case Error e -> throw e;
            default -> throw new IllegalStateException(thrown);
        }
    }

    @Override
    public synchronized void barrier() {
        refuseIfFailed();
        waiting++;
        if (waiting == size) {
            waiting = 0;
            barriers++;
            notifyAll();
            return;
        }
        long mine = barriers;
        failIfSomeEnded();
        while (barriers == mine && failure == null) {
            pause();
        }
        if (barriers == mine) {
            refuseIfFailed();
        }
    }

    private void serve(int member) {
        long seen = 0;
        while (true) {
            Task work;
            synchronized (this) {
                while (region == seen && !closed) {
                    pause();
                }
                if (closed || task == null) {
                    return;
                }
                seen = region;
                work = task;
            }
            runMember(work, member);
        }
    }

    // Whatever a member throws, an AssertionError included, belongs to the caller of run.
    private void runMember(Task work, int member) {
        Throwable thrown = null;
        try {
            work.run(member);
        } catch (RuntimeException | Error e) {
            thrown = e;
        }
        synchronized (this) {
            if (thrown != null && failure == null) {
                failure = thrown;
            }
            ended++;
            failIfSomeEnded();
            notifyAll();
        }
    }

    private void failIfSomeEnded() {
        if (ended > 0 && waiting > 0 && failure == null) {
            failure =
                    new IllegalStateException("a member ended while " + waiting + " of " + size + " wait at a barrier");
            notifyAll();
        }
    }

    private void refuseIfFailed() {
        if (failure != null) {
            throw new IllegalStateException("released from a barrier: another member failed", failure);
        }
    }

    @SuppressWarnings("WaitNotInLoop") // every caller loops over its condition
    private void pause() {
        try {
            wait();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }

    @Override
    public synchronized void close() {
        closed = true;
        notifyAll();
    }
}
