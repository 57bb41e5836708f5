package org.ryzanstein.loader.engine;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import org.ryzanstein.api.kernel.HeadOutput;
import org.ryzanstein.api.kernel.StepBatch;
import org.ryzanstein.loader.cluster.ClusterStatus;
import org.ryzanstein.loader.ranks.StepRunner;

/** A runner that can be made to lose a step as if ranks had died, and notes what was in each step. */
final class LosingRunner implements StepRunner {
    private final StepRunner real;
    private final AtomicBoolean loses = new AtomicBoolean();
    private final List<String> steps = Collections.synchronizedList(new ArrayList<>());

    LosingRunner(StepRunner real) {
        this.real = real;
    }

    /** Loses the next step, and forgets the steps before it. */
    void loseNextStep() {
        steps.clear();
        loses.set(true);
    }

    /** For each step the tokens of each slot, such as {@code 0:1 2:30}. */
    List<String> steps() {
        return List.copyOf(steps);
    }

    @Override
    public boolean run(StepBatch batch) {
        Map<Integer, Integer> tokens = new TreeMap<>();
        for (int token = 0; token < batch.tokens(); token++) {
            tokens.merge(batch.slot(token), 1, Integer::sum);
        }
        steps.add(tokens.entrySet().stream()
                .map(slot -> slot.getKey() + ":" + slot.getValue())
                .collect(Collectors.joining(" ")));
        return !loses.getAndSet(false) && real.run(batch);
    }

    @Override
    public HeadOutput output() {
        return real.output();
    }

    @Override
    public void place(int slot, int[] blocks) {
        real.place(slot, blocks);
    }

    @Override
    public boolean faulted(int token) {
        return real.faulted(token);
    }

    @Override
    public boolean wantsPause() {
        return real.wantsPause();
    }

    @Override
    public void regroup() {
        real.regroup();
    }

    @Override
    public Optional<ClusterStatus> status() {
        return real.status();
    }

    @Override
    public void close() {
        real.close();
    }
}
