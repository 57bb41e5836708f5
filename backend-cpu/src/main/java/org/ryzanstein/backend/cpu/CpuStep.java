package org.ryzanstein.backend.cpu;

import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.ryzanstein.api.kernel.PreparedStep;
import org.ryzanstein.api.kernel.StepBatch;
import org.ryzanstein.api.kernel.StepShape;
import org.ryzanstein.api.kernel.ThreadTeam;

/** A recorded step: one parallel region for all of its operations, with barriers where one reads what others wrote. */
final class CpuStep implements PreparedStep {
    private final StepShape shape;
    private final BatchLimits limits;
    private final ThreadTeam team;
    private final Operation[] operations;
    private final boolean[] barrierBefore;
    // Arrays, because to iterate over a collection takes an object for each step.
    private final PagedKvCache[] caches;
    private final HeadOperation[] heads;
    private final boolean[] faults;
    private final ThreadTeam.Task task = this::runMember;
    private @Nullable StepBatch batch;

    CpuStep(
            StepShape shape,
            BatchLimits limits,
            ThreadTeam team,
            List<Operation> operations,
            Set<PagedKvCache> caches,
            List<HeadOperation> heads) {
        this.shape = shape;
        this.limits = limits;
        this.team = team;
        this.operations = operations.toArray(Operation[]::new);
        this.caches = caches.toArray(PagedKvCache[]::new);
        this.heads = heads.toArray(HeadOperation[]::new);
        this.faults = new boolean[shape.maxTokens()];
        this.barrierBefore = new boolean[operations.size()];
        for (int i = 1; i < barrierBefore.length; i++) {
            Operation previous = operations.get(i - 1);
            Operation next = operations.get(i);
            barrierBefore[i] = !(next.rowLocal() && next.items().equals(previous.items()));
        }
    }

    void run(StepBatch batch) {
        if (batch.tokens() > shape.maxTokens() || batch.outputs() > shape.maxOutputs()) {
            throw new IllegalArgumentException("batch of " + batch.tokens() + " tokens and " + batch.outputs()
                    + " outputs exceeds the prepared " + shape);
        }
        limits.check(batch);
        Arrays.fill(faults, false);
        for (PagedKvCache cache : caches) {
            cache.materialize(batch);
        }
        for (HeadOperation head : heads) {
            head.before(batch);
        }
        this.batch = batch;
        team.run(task);
        this.batch = null;
    }

    private void runMember(int member) {
        StepBatch current = batch;
        if (current == null) {
            throw new IllegalStateException("step without a batch");
        }
        int members = team.size();
        for (int i = 0; i < barrierBefore.length; i++) {
            if (barrierBefore[i]) {
                team.barrier();
            }
            Operation operation = operations[i];
            int items = operation.items().count(current);
            int from = Parallel.start(items, member, members);
            int to = Parallel.start(items, member + 1, members);
            if (from < to) {
                operation.body().run(this, current, from, to, member);
            }
        }
    }

    /** Marks a token; called by the thread that computes its row. */
    void fault(int token) {
        faults[token] = true;
    }

    @Override
    public StepShape shape() {
        return shape;
    }

    @Override
    public boolean faulted(int token) {
        return faults[token];
    }
}
