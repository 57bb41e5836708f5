package org.ryzanstein.backend.cpu;

import org.jspecify.annotations.Nullable;
import org.ryzanstein.api.kernel.RowSet;
import org.ryzanstein.api.kernel.StepBatch;

/**
 * One recorded operation: a body over a range of items that the team's members share.
 *
 * @param rowLocal item j reads only what item j of the operations just before it wrote, if those have the same items: then no
 *     barrier stands between them
 */
record Operation(Items items, boolean rowLocal, Body body) {

    /**
     * What is shared out: {@code factor} items for each row of a row set, or {@code factor} in all.
     *
     * @param rows null: items do not depend on the batch
     */
    record Items(@Nullable RowSet rows, int factor) {
        static Items each(RowSet rows) {
            return new Items(rows, 1);
        }

        static Items fixed(int count) {
            return new Items(null, count);
        }

        int count(StepBatch batch) {
            return rows == null ? factor : rowsOf(rows, batch) * factor;
        }
    }

    /** Works on the items {@code from .. to}, on one thread. */
    @FunctionalInterface
    interface Body {
        void run(CpuStep step, StepBatch batch, int from, int to, int member);
    }

    static int rowsOf(RowSet rows, StepBatch batch) {
        return switch (rows) {
            case TOKENS -> batch.tokens();
            case OUTPUTS -> batch.outputs();
        };
    }
}
