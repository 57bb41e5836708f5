package org.ryzanstein.backend.cpu;

import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.ryzanstein.api.kernel.StepBatch;

/**
 * The output head of a recorded step: logits, or approximations of them and then the logits that matter ({@link HeadScan}); the best
 * of each thread's part of the vocabulary; the best of all.
 */
final class HeadOperation {
    /** The most candidates that a scan looks for: the lists are kept by insertion. */
    private static final int MOST = 256;
    /** A row in so many must be wanted at most for a scan to be worth it. */
    private static final int FRACTION = 16;

    private final LinearMatrix.Product product;
    private final HostBuffer in;
    private final HostHead out;
    private final int firstToken;
    private final @Nullable HeadScan scan;
    private final @Nullable DenseMatrix dense;
    private final LinearScratch scratch;
    /** Norm of each row's input; negative where the row is computed in full. */
    private final float[] norms;
    /** Inputs of the scan as the bits of floats, shape (rows, width). */
    private final int[][] inputs;

    private final BestList[][] lows; // (row, member)
    private final BestList[][] bests; // (row, member)
    private final boolean[][] finite; // (row, member)
    private final LinearMatrix.Output logits;
    /** Whether the step multiplies by weights that nobody has looked at. */
    private boolean unchecked;
    /** Whether the step computes in full what the scan will do when it is ready. */
    private boolean early;

    HeadOperation(
            LinearMatrix weights,
            LinearMatrix.Product product,
            HostBuffer in,
            HostHead out,
            int firstToken,
            LinearScratch scratch,
            int maxOutputs,
            int members) {
        this.product = product;
        this.in = in;
        this.out = out;
        this.firstToken = firstToken;
        this.scratch = scratch;
        this.dense = weights instanceof DenseMatrix matrix ? matrix : null;
        this.scan = dense == null ? null : dense.scan();
        this.norms = new float[maxOutputs];
        this.inputs = new int[scan == null ? 0 : maxOutputs][scan == null ? 0 : scan.width()];
        this.finite = new boolean[maxOutputs][members];
        int room = Math.min(out.maxCandidates(), out.vocabularySize());
        this.bests = lists(maxOutputs, members, room);
        this.lows = lists(scan == null ? 0 : maxOutputs, members, Math.min(room, MOST));
        this.logits = out.asOutput();
    }

    private static BestList[][] lists(int rows, int members, int room) {
        BestList[][] lists = new BestList[rows][members];
        for (BestList[] row : lists) {
            for (int member = 0; member < members; member++) {
                row[member] = new BestList(room);
            }
        }
        return lists;
    }

    private static int wanted(StepBatch batch, int row) {
        return batch.wanted(batch.outputToken(row));
    }

    /** Makes what the step needs; called before it runs, by one thread. */
    void before(StepBatch batch) {
        out.materialize(batch.outputs());
        unchecked = false;
        early = false;
        if (scan == null || scan.state() != HeadScan.State.OPEN) {
            return;
        }
        for (int row = 0; row < batch.outputs(); row++) {
            early |= fewAreWanted(batch, row);
        }
        if (early) {
            scan.ask();
            early = scan.state() == HeadScan.State.OPEN;
        }
        unchecked = !scan.isChecked();
    }

    private boolean fewAreWanted(StepBatch batch, int row) {
        int wanted = wanted(batch, row);
        return wanted != StepBatch.DISTRIBUTION && wanted <= Math.min(MOST, out.vocabularySize() / FRACTION);
    }

    /** Decides how the rows {@code from .. to} are computed, and prepares their inputs for the scan. */
    void prepare(StepBatch batch, int from, int to) {
        for (int row = from; row < to; row++) {
            norms[row] = -1f;
            forget(row);
            if (scan == null || scan.state() != HeadScan.State.READY) {
                continue;
            }
            if (fewAreWanted(batch, row)) {
                norms[row] = scan.norm(in.floats(), in.row(row));
                for (int k = 0; k < in.columns(); k++) {
                    inputs[row][k] = Float.floatToRawIntBits(in.floats()[in.row(row) + k]);
                }
            }
        }
    }

    /** Empties the lists of all members: those that have no part of the vocabulary never write theirs. */
    private void forget(int row) {
        for (int member = 0; member < finite[row].length; member++) {
            finite[row][member] = true;
            bests[row][member].clear(0);
            if (scan != null) {
                lows[row][member].clear(0);
            }
        }
    }

    /** Computes logits, or approximate ones, of the tokens {@code from .. to} for all rows. */
    void compute(StepBatch batch, int from, int to, int member) {
        int rows = batch.outputs();
        int scanned = 0;
        for (int row = 0; row < rows; row++) {
            if (norms[row] >= 0f) {
                scanned++;
                lows[row][member].clear(wanted(batch, row));
            }
        }
        if (scanned == 0) {
            multiplyAll(rows, from, to, member);
            return;
        }
        if (scanned < rows) {
            multiplyOthers(rows, from, to, member);
        }
        // Four groups at a time, a quarter of the range apart; then those that are left, which lie side by side.
        int first = from / HeadScan.ROWS;
        int groups = Math.ceilDiv(to, HeadScan.ROWS) - first;
        int quarter = groups / DenseKernels.STREAMS;
        for (int group = first; group < first + quarter; group++) {
            scanGroups(rows, group, quarter, DenseKernels.STREAMS, to, member);
        }
        int rest = groups % DenseKernels.STREAMS;
        if (rest > 0) {
            scanGroups(rows, first + groups - rest, 1, rest, to, member);
        }
    }

    /** Logits of all rows. A file's pages are kept only where all logits are asked for, and so may be again. */
    private void multiplyAll(int rows, int from, int to, int member) {
        if (!early && !unchecked) {
            product.multiply(rows, from, to, member, logits);
            return;
        }
        for (int token = from; token < to; token += DenseMatrix.PAGED_ROWS) {
            int end = Math.min(to, token + DenseMatrix.PAGED_ROWS);
            if (unchecked) {
                Objects.requireNonNull(scan).check(token, end);
            }
            product.multiply(rows, token, end, member, logits);
            if (early) {
                Objects.requireNonNull(dense).releasePages(token, end);
            }
        }
    }

    /** Logits of the rows that are not scanned. */
    private void multiplyOthers(int rows, int from, int to, int member) {
        for (int token = from; token < to; token += HeadScan.ROWS) {
            int count = Math.min(HeadScan.ROWS, to - token);
            for (int row = 0; row < rows; row++) {
                if (norms[row] < 0f) {
                    multiply(row, token, count, member);
                }
            }
        }
    }

    /** Approximate logits of {@code count} groups, each {@code apart} groups from the one before. */
    private void scanGroups(int rows, int group, int apart, int count, int to, int member) {
        HeadScan own = Objects.requireNonNull(scan);
        float[] sums = scratch.block(member).products();
        for (int row = 0; row < rows; row++) {
            if (norms[row] < 0f) {
                continue;
            }
            scratch.kernels()
                    .dense()
                    .scan(own.memory(), own.at(group), apart * own.groupBytes(), own.width(), inputs[row], sums);
            for (int i = 0; i < count; i++) {
                offer(row, group + i * apart, to, sums, i * HeadScan.ROWS, member);
            }
        }
    }

    /** Keeps what a group's rows below {@code to} are at least, if that is among the best. */
    private void offer(int row, int group, int to, float[] sums, int at, int member) {
        HeadScan own = Objects.requireNonNull(scan);
        float[] values = out.logits(row);
        int token = group * HeadScan.ROWS;
        int end = Math.min(to, token + HeadScan.ROWS);
        own.scale(sums, at, token, end, values);
        BestList list = lows[row][member];
        for (int i = token; i < end; i++) {
            float low = values[i] - own.error(i, norms[row]);
            if (low > list.threshold()) {
                list.offer(i, low);
            }
        }
    }

    /** Logits of a few tokens for one row. */
    private void multiply(int row, int token, int count, int member) {
        DenseMatrix own = Objects.requireNonNull(dense);
        float[] values = out.logits(row);
        float[] decoded = scratch.decoded(member);
        for (int i = 0; i < count; i += DenseKernels.ROWS) {
            int few = Math.min(DenseKernels.ROWS, count - i);
            scratch.kernels()
                    .dense()
                    .multiplyOne(own, token + i, few, in.floats(), in.row(row), decoded, values, token + i);
        }
    }

    /** Finds the best of the tokens {@code from .. to} for all rows. */
    void select(StepBatch batch, int from, int to, int member) {
        for (int row = 0; row < batch.outputs(); row++) {
            BestList best = bests[row][member];
            best.clear(Math.max(0, wanted(batch, row)));
            if (norms[row] >= 0f) {
                selectCandidates(row, from, to, member, wanted(batch, row));
                finite[row][member] = true;
            } else {
                finite[row][member] = selectAll(out.logits(row), from, to, best);
            }
        }
    }

    private void selectCandidates(int row, int from, int to, int member, int wanted) {
        HeadScan own = Objects.requireNonNull(scan);
        float threshold = threshold(row, member, wanted);
        float[] values = out.logits(row);
        float[] exact = scratch.block(member).numbers();
        BestList best = bests[row][member];
        for (int token = from; token < to; token++) {
            if (values[token] + own.error(token, norms[row]) >= threshold) {
                scratch.kernels()
                        .dense()
                        .multiplyOne(
                                Objects.requireNonNull(dense),
                                token,
                                1,
                                in.floats(),
                                in.row(row),
                                scratch.decoded(member),
                                exact,
                                0);
                best.offer(firstToken + token, exact[0]);
            }
        }
    }

    /** The n-th largest of the lower bounds. Each member merges for itself: the lists are short. */
    private float threshold(int row, int member, int wanted) {
        BestList merged = bests[row][member];
        merged.clear(wanted);
        for (BestList list : lows[row]) {
            merged.offerAll(list);
        }
        float threshold = merged.threshold();
        merged.clear(wanted);
        return threshold;
    }

    /** False if one is not finite. */
    private boolean selectAll(float[] values, int from, int to, BestList best) {
        boolean allFinite = true;
        for (int block = from; block < to; block += HostHead.BLOCK) {
            int end = Math.min(to, block + HostHead.BLOCK);
            if (!HostHead.allFinite(values, block, end)) {
                allFinite = false;
            } else if (HostHead.max(values, block, end) >= best.threshold()) {
                for (int i = block; i < end; i++) {
                    best.offer(firstToken + i, values[i]);
                }
            }
        }
        return allFinite;
    }

    /** Joins what the members found for a row; false if a logit is not finite. */
    boolean finish(StepBatch batch, int row) {
        boolean allFinite = scan == null || scan.isFinite();
        for (boolean part : finite[row]) {
            allFinite &= part;
        }
        out.finish(row, allFinite ? wanted(batch, row) : 0, bests[row]);
        return allFinite;
    }
}
