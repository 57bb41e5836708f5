package org.ryzanstein.server.bench;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Supplier;
import org.ryzanstein.server.bench.BenchOptions.ModelTest;

/**
 * As many processes as a case has ranks, each with the whole model, at the same time. They have nothing to tell
 * each other, so what they reach together is what this machine gives: memory, caches and processors that they share hold ranks up
 * as much. Who is slower runs alone for the rest of its test, so the figure is a little too high, if anything.
 */
final class SideBySide implements AutoCloseable {
    private final List<RankSubject> all;
    private final List<RankSubject> own;
    private final Map<ModelTest, List<Double>> rates = new LinkedHashMap<>();

    private SideBySide(List<RankSubject> all, List<RankSubject> own) {
        this.all = all;
        this.own = own;
    }

    /** Nothing is measured where there are more threads than processors, or where messages are delayed: that is another machine. */
    static SideBySide of(RankCase one, RankSubject reference, Supplier<RankSubject> another) {
        List<RankSubject> own = new ArrayList<>();
        if (one.oversubscribed() || one.addedMicros() > 0 || one.ranks() == 1) {
            return new SideBySide(List.of(), own);
        }
        try {
            while (own.size() < one.ranks() - 1) {
                own.add(another.get());
            }
        } catch (RuntimeException e) {
            own.forEach(RankSubject::close);
            throw e;
        }
        List<RankSubject> all = new ArrayList<>(own);
        all.add(reference);
        return new SideBySide(all, own);
    }

    void measure(ModelTest test) {
        if (all.isEmpty()) {
            return;
        }
        double sum = 0;
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<Double>> running =
                    all.stream().map(one -> threads.submit(() -> one.run(test))).toList();
            for (Future<Double> one : running) {
                sum += one.get();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new BenchException("interrupted", 130);
        } catch (ExecutionException e) {
            throw e.getCause() instanceof RuntimeException cause ? cause : new IllegalStateException(e.getCause());
        }
        rates.computeIfAbsent(test, key -> new ArrayList<>()).add(sum);
    }

    /** Of all processes together, in the order in which they were measured; empty if nothing was. */
    List<Double> rates(ModelTest test) {
        return rates.getOrDefault(test, List.of());
    }

    @Override
    public void close() {
        own.forEach(RankSubject::close);
    }
}
