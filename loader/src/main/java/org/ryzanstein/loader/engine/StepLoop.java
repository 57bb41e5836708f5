package org.ryzanstein.loader.engine;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.ryzanstein.api.kernel.HeadOutput;
import org.ryzanstein.api.kernel.StepBatch;
import org.ryzanstein.loader.kvcache.BlockPool;
import org.ryzanstein.loader.model.ModelLimits;
import org.ryzanstein.loader.ranks.StepRunner;

/**
 * The thread that runs steps. Each step holds the next token of every sequence that decodes and, in what room is left, chunks
 * of the prompts that are prefilled, in order of arrival. After a loss of ranks, answers that were under way come first, short
 * ones before long ones, so that each goes on as soon as it can. A request is admitted, first come first served, when there is
 * a slot and KV blocks for all that it may need, so that an admitted one never has to wait again.
 *
 * <p>What a sequence's tokens are never depends on its neighbours: the numerics contract fixes each row's bits.
 */
final class StepLoop implements Runnable {
    private static final Logger LOG = System.getLogger(StepLoop.class.getName());

    /** A step that has so many tokens of answers that are computed again takes in no further one: it would only last longer. */
    private static final int REPLAY_TOKENS = 64;

    private final StepRunner runner;
    private final Supplier<Optional<String>> damage;
    private final ModelLimits limits;
    private final StepBatch batch;
    private final BlockPool blocks;
    private final Deque<Integer> freeSlots = new ArrayDeque<>();
    private final List<Sequence> active = new ArrayList<>();
    /** For each token of the batch, the sequence that it belongs to. */
    private final Sequence[] owners;

    private final float[] logits;
    private final int[] candidateIds;
    private final float[] candidateLogits;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Deque<Sequence> waiting = new ArrayDeque<>();
    private boolean closing;
    private boolean cancellations;
    /** Whether ranks were lost and not all answers that were under way then have come so far again. */
    private boolean replaying;

    private final AtomicLong stepCount = new AtomicLong();
    private volatile int activeCount;
    private volatile int freeBlocks;

    /**
     * Prepares the loop.
     *
     * @param damage what has happened to the model's weights since they were loaded, if anything
     */
    StepLoop(StepRunner runner, ModelLimits limits, int maxSequences, Supplier<Optional<String>> damage) {
        this.runner = runner;
        this.damage = damage;
        this.limits = limits;
        this.batch = new StepBatch(limits.maxTokens(), maxSequences, ModelLimits.blocksFor(limits.contextLength()));
        this.blocks = new BlockPool(limits.kvBlocks());
        this.freeBlocks = limits.kvBlocks();
        this.owners = new Sequence[limits.maxTokens()];
        HeadOutput output = runner.output();
        this.logits = new float[output.vocabularySize()];
        this.candidateIds = new int[output.maxCandidates()];
        this.candidateLogits = new float[output.maxCandidates()];
        for (int slot = maxSequences - 1; slot >= 0; slot--) {
            freeSlots.push(slot);
        }
    }

    /** Queues a sequence; false if the loop is closing. */
    boolean submit(Sequence sequence) {
        lock.lock();
        try {
            if (closing) {
                return false;
            }
            waiting.add(sequence);
            changed.signalAll();
            return true;
        } finally {
            lock.unlock();
        }
    }

    /** Makes the loop look for cancelled requests. */
    void wake() {
        lock.lock();
        try {
            cancellations = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Ends the loop after the step under way; everything unfinished is cancelled. */
    void close() {
        lock.lock();
        try {
            closing = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    EngineStatus status() {
        lock.lock();
        try {
            return new EngineStatus(!closing, activeCount, waiting.size(), freeBlocks, blocks.total(), stepCount.get());
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void run() {
        try {
            while (admitOrWait()) {
                step();
            }
        } catch (InterruptedException e) {
            LOG.log(Level.WARNING, "the step loop was interrupted and ends", e);
        } finally {
            close();
            endAll();
        }
    }

    /** Takes in what can be taken in and drops what was cancelled; waits while there is nothing to do. */
    private boolean admitOrWait() throws InterruptedException {
        lock.lock();
        try {
            while (!closing) {
                dropCancelled();
                while (!waiting.isEmpty() && canAdmit(waiting.peek())) {
                    admitOrRefuse(waiting.remove());
                }
                publishCounts();
                if (!active.isEmpty()) {
                    return true;
                }
                if (runner.wantsPause()) {
                    regroup();
                } else {
                    changed.await();
                }
            }
            return false;
        } finally {
            lock.unlock();
        }
    }

    /** Lets go of the lock, since it may take seconds. */
    private void regroup() {
        lock.unlock();
        try {
            runner.regroup();
        } catch (RuntimeException | Error e) {
            LOG.log(Level.ERROR, "no group of ranks could be formed; the next request has it tried again", e);
        } finally {
            lock.lock();
        }
    }

    private void dropCancelled() {
        if (!cancellations) {
            return;
        }
        cancellations = false;
        waiting.removeIf(sequence -> {
            if (sequence.delivery().isCancelled()) {
                sequence.cancel();
                sequence.deliverEnd();
                return true;
            }
            return false;
        });
        for (Sequence sequence : active) {
            if (sequence.delivery().isCancelled()) {
                sequence.cancel();
            }
        }
        releaseFinished();
    }

    private boolean canAdmit(Sequence sequence) {
        return !freeSlots.isEmpty() && blocks.available() >= ModelLimits.blocksFor(sequence.maxPositions());
    }

    /** Takes in a request, unless the weights are no longer what was loaded. */
    private void admitOrRefuse(Sequence sequence) {
        Optional<String> change = damage.get();
        if (change.isEmpty()) {
            admit(sequence);
            return;
        }
        sequence.cancel();
        sequence.delivery().failed(new GenerationException(damaged(change.get())));
    }

    private static String damaged(String change) {
        return change + "; start again with a model file that stays as it is";
    }

    private void admit(Sequence sequence) {
        int slot = freeSlots.pop();
        int[] own = blocks.take(ModelLimits.blocksFor(sequence.maxPositions()));
        for (int i = 0; i < own.length; i++) {
            batch.setBlock(slot, i, own[i]);
        }
        runner.place(slot, own);
        sequence.admit(slot, own);
        active.add(sequence);
    }

    private void step() {
        compose();
        try {
            if (runner.run(batch)) {
                stepCount.incrementAndGet();
                take();
            } else {
                active.forEach(Sequence::rewind);
                replaying = true;
            }
        } catch (RuntimeException | Error e) {
            failAll(e);
        }
        releaseFinished();
    }

    /** Fills the batch: first what decodes, then what is computed again; where nothing is, prompts. */
    private void compose() {
        batch.clear();
        for (Sequence sequence : active) {
            if (!sequence.isPrefilling()) {
                add(sequence, 1);
            }
        }
        replaying = replaying && active.stream().anyMatch(Sequence::isReplayed);
        if (replaying) {
            replay();
            return;
        }
        for (Sequence sequence : active) {
            if (sequence.isPrefilling()) {
                add(sequence, limits.maxTokens() - batch.tokens());
            }
        }
    }

    /** Adds one answer that is computed again, or a few short ones. */
    private void replay() {
        int before = batch.tokens();
        List<Sequence> replayed = active.stream()
                .filter(Sequence::isReplayed)
                .sorted(Comparator.comparingInt(Sequence::pending))
                .toList();
        for (Sequence sequence : replayed) {
            if (batch.tokens() - before < REPLAY_TOKENS) {
                add(sequence, limits.maxTokens() - batch.tokens());
            }
        }
    }

    private void add(Sequence sequence, int most) {
        int before = batch.tokens();
        sequence.addTo(batch, most, limits.maxOutputs());
        for (int token = before; token < batch.tokens(); token++) {
            owners[token] = sequence;
        }
    }

    /** Hands the results of a step to its sequences. */
    private void take() {
        int row = 0;
        for (int token = 0; token < batch.tokens(); token++) {
            Sequence sequence = owners[token];
            boolean wanted = batch.wanted(token) != 0;
            int outputRow = wanted ? row++ : -1;
            if (sequence.isFinished()) {
                continue;
            }
            if (runner.faulted(token)) {
                fail(
                        sequence,
                        new GenerationException("position " + batch.position(token)
                                + ": the model computed a value that is not finite; its weights are damaged"));
                continue;
            }
            try {
                takeToken(sequence, token, outputRow);
            } catch (RuntimeException e) {
                fail(sequence, e);
            } catch (Error e) {
                fail(sequence, new GenerationException("position " + batch.position(token) + ": " + e, e));
            }
        }
    }

    private void takeToken(Sequence sequence, int token, int outputRow) {
        int position = batch.position(token);
        HeadOutput output = runner.output();
        if (outputRow < 0) {
            sequence.computed(position);
        } else if (batch.wanted(token) == StepBatch.DISTRIBUTION) {
            output.copyLogits(outputRow, logits);
            sequence.accept(position, logits);
        } else {
            int count = output.count(outputRow);
            for (int i = 0; i < count; i++) {
                candidateIds[i] = output.id(outputRow, i);
                candidateLogits[i] = output.logit(outputRow, i);
            }
            sequence.accept(position, candidateIds, candidateLogits, count);
        }
    }

    private void releaseFinished() {
        for (int i = active.size() - 1; i >= 0; i--) {
            Sequence sequence = active.get(i);
            if (sequence.isFinished()) {
                active.remove(i);
                release(sequence);
                sequence.deliverEnd();
            }
        }
    }

    private void release(Sequence sequence) {
        blocks.release(sequence.blocks());
        freeSlots.push(sequence.slot());
        publishCounts();
    }

    /** Before the end of a sequence is delivered, so that whoever has seen it end also sees its place free. */
    private void publishCounts() {
        activeCount = active.size();
        freeBlocks = blocks.available();
    }

    private void fail(Sequence sequence, RuntimeException failure) {
        if (active.remove(sequence)) {
            release(sequence);
            sequence.cancel();
            sequence.delivery().failed(failure);
        }
    }

    private void failAll(Throwable cause) {
        LOG.log(Level.ERROR, "a step failed; its " + active.size() + " requests fail with it", cause);
        String reason = damage.get().map(StepLoop::damaged).orElse("the step failed: " + cause);
        for (Sequence sequence : List.copyOf(active)) {
            fail(sequence, new GenerationException(reason, cause));
        }
    }

    private void endAll() {
        for (Sequence sequence : active) {
            sequence.cancel();
        }
        releaseFinished();
        lock.lock();
        try {
            for (Sequence sequence : waiting) {
                sequence.cancel();
                sequence.deliverEnd();
            }
            waiting.clear();
        } finally {
            lock.unlock();
        }
    }
}
