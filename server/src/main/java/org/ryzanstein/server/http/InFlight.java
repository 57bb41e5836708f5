package org.ryzanstein.server.http;

import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/** The requests that are being generated for, so that a stop can wait for them and end them. Thread-safe. */
final class InFlight {
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition empty = lock.newCondition();
    private final Set<GenerationBatch> batches = new HashSet<>();

    void add(GenerationBatch batch) {
        lock.lock();
        try {
            batches.add(batch);
        } finally {
            lock.unlock();
        }
    }

    void remove(GenerationBatch batch) {
        lock.lock();
        try {
            batches.remove(batch);
            if (batches.isEmpty()) {
                empty.signalAll();
            }
        } finally {
            lock.unlock();
        }
    }

    /** Waits until nothing is in flight; says whether that came true in time. */
    boolean awaitEmpty(Duration limit) throws InterruptedException {
        long left = limit.toNanos();
        lock.lock();
        try {
            while (!batches.isEmpty()) {
                if (left <= 0) {
                    return false;
                }
                left = empty.awaitNanos(left);
            }
            return true;
        } finally {
            lock.unlock();
        }
    }

    /** Ends everything; the clients are told the reason. */
    void abortAll(RuntimeException reason) {
        List<GenerationBatch> all;
        lock.lock();
        try {
            all = List.copyOf(batches);
        } finally {
            lock.unlock();
        }
        all.forEach(batch -> batch.abort(reason));
    }
}
