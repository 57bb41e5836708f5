package org.ryzanstein.contract;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.stream.IntStream;
import org.ryzanstein.api.comm.CommunicationException;
import org.ryzanstein.api.comm.Communicator;

/** The ranks of one formation, all in this process, each with a thread of its own while a program runs. */
public final class Ranks implements AutoCloseable {
    /** No call may hang: a program that takes longer than this has failed. */
    private static final Duration HANG = Duration.ofSeconds(60);

    private final List<Communicator> communicators;

    Ranks(List<Communicator> communicators) {
        this.communicators = List.copyOf(communicators);
    }

    /** What a rank does. */
    @FunctionalInterface
    interface Program {
        void run(Communicator self);
    }

    int size() {
        return communicators.size();
    }

    Communicator rank(int rank) {
        return communicators.get(rank);
    }

    /** Runs a program on all ranks at once; the first thing that any of them throws is thrown here. */
    void run(Program program) {
        for (Optional<Throwable> thrown : outcomes(program)) {
            if (thrown.isPresent()) {
                throw new AssertionError("a rank failed: " + thrown.get(), thrown.get());
            }
        }
    }

    /** Runs a program on all ranks at once; says for each what it threw. */
    List<Optional<Throwable>> outcomes(Program program) {
        AtomicReferenceArray<Throwable> thrown = new AtomicReferenceArray<>(size());
        List<Thread> threads = new ArrayList<>();
        for (int rank = 0; rank < size(); rank++) {
            int number = rank;
            threads.add(Thread.ofPlatform().daemon().name("rank-" + number).start(() -> {
                try {
                    program.run(communicators.get(number));
                } catch (RuntimeException | Error e) {
                    thrown.set(number, e);
                }
            }));
        }
        long limit = System.nanoTime() + HANG.toNanos();
        for (Thread thread : threads) {
            join(thread, limit);
        }
        return IntStream.range(0, size())
                .mapToObj(rank -> Optional.ofNullable(thrown.get(rank)))
                .toList();
    }

    /** As {@link #outcomes}, where each rank must fail by a CommunicationException. */
    List<CommunicationException> failures(Program program) {
        List<CommunicationException> failures = new ArrayList<>();
        for (Optional<Throwable> thrown : outcomes(program)) {
            if (thrown.orElse(null) instanceof CommunicationException failure) {
                failures.add(failure);
            } else {
                throw new AssertionError(
                        "rank " + failures.size() + ": expected a CommunicationException, found " + thrown,
                        thrown.orElse(null));
            }
        }
        return failures;
    }

    private static void join(Thread thread, long limit) {
        try {
            if (!thread.join(Duration.ofNanos(Math.max(1, limit - System.nanoTime())))) {
                StringBuilder where = new StringBuilder(thread.getName() + " hangs:");
                for (StackTraceElement element : thread.getStackTrace()) {
                    where.append(System.lineSeparator()).append("  at ").append(element);
                }
                throw new AssertionError(Objects.toString(where));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }

    @Override
    public void close() {
        communicators.forEach(Communicator::close);
    }
}
