package org.ryzanstein.contract;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.ryzanstein.api.kernel.KvCache;
import org.ryzanstein.api.kernel.KvSpec;
import org.ryzanstein.api.kernel.PreparedStep;
import org.ryzanstein.api.kernel.StepBatch;

/**
 * Several sequences in one KV cache, their blocks dealt out in random order, and the same history in plain lists for the
 * oracle.
 */
final class KvWorld {
    private final Bench bench;
    private final KvSpec spec;
    private final KvCache cache;
    private final int[] kvHeadOf;
    private final float scale;
    private final Numbers numbers;
    private final int[][] tables;
    private final String what;
    /** [layer][slot]: one array a position. */
    private final List<List<List<float[]>>> keys = new ArrayList<>();

    private final List<List<List<float[]>>> values = new ArrayList<>();
    private final int[] lengths;
    private float spread = 1f;

    KvWorld(String what, Bench bench, KvSpec spec, int[] kvHeadOf, int slots, Numbers numbers) {
        this.bench = bench;
        this.spec = spec;
        this.kvHeadOf = kvHeadOf;
        this.numbers = numbers;
        this.what =
                what + " [threads=" + bench.threads() + ", " + spec + ", kvHeadOf=" + Arrays.toString(kvHeadOf) + "]";
        scale = (float) (1 / Math.sqrt(spec.headDimension()));
        cache = bench.backend().allocateKv(spec);
        int blocksEach = spec.blocks() / slots;
        int[] order = numbers.shuffled(spec.blocks());
        tables = new int[slots][blocksEach];
        for (int slot = 0; slot < slots; slot++) {
            for (int i = 0; i < blocksEach; i++) {
                tables[slot][i] = order[i * slots + slot];
            }
        }
        for (int layer = 0; layer < spec.layers(); layer++) {
            keys.add(histories(slots));
            values.add(histories(slots));
        }
        lengths = new int[slots];
    }

    private static List<List<float[]>> histories(int slots) {
        List<List<float[]>> histories = new ArrayList<>();
        for (int slot = 0; slot < slots; slot++) {
            histories.add(new ArrayList<>());
        }
        return histories;
    }

    /** Sets how large queries become from now on: scores grow with it. */
    KvWorld spread(float newSpread) {
        spread = newSpread;
        return this;
    }

    /** Forgets the last positions of a slot, whose content stays behind in the cache. */
    void truncate(int slot, int length) {
        lengths[slot] = length;
        for (int layer = 0; layer < spec.layers(); layer++) {
            List<float[]> slotKeys = keys.get(layer).get(slot);
            slotKeys.subList(length, slotKeys.size()).clear();
            List<float[]> slotValues = values.get(layer).get(slot);
            slotValues.subList(length, slotValues.size()).clear();
        }
    }

    /** Only stores: {@code count} further positions of a slot. */
    void store(int slot, int count, float content) {
        run(false, true, content, new int[] {slot, count});
    }

    /** Stores and attends in one step: pairs of a slot and how many positions it goes on by. */
    void step(boolean sliced, int[]... chunks) {
        run(true, sliced, Float.NaN, chunks);
    }

    private void run(boolean attend, boolean sliced, float content, int[]... chunks) {
        int tokens = Arrays.stream(chunks).mapToInt(chunk -> chunk[1]).sum();
        StepBatch batch = new StepBatch(tokens, tables.length, tables[0].length);
        fillTables(batch);
        for (int[] chunk : chunks) {
            for (int i = 0; i < chunk[1]; i++) {
                batch.add(0, chunk[0], lengths[chunk[0]] + i, 0);
            }
        }
        int width = spec.kvHeads() * spec.headDimension();
        List<float[][]> queries = new ArrayList<>();
        List<Cells> queriesIn = new ArrayList<>();
        List<Cells> keysIn = new ArrayList<>();
        List<Cells> valuesIn = new ArrayList<>();
        List<Cells> outs = new ArrayList<>();
        for (int layer = 0; layer < spec.layers(); layer++) {
            float[][] newKeys = fill(tokens, width, content, 1f);
            float[][] newValues = fill(tokens, width, content, 2f);
            for (int token = 0; token < tokens; token++) {
                keys.get(layer).get(batch.slot(token)).add(newKeys[token]);
                values.get(layer).get(batch.slot(token)).add(newValues[token]);
            }
            keysIn.add(bench.cells(newKeys, sliced));
            valuesIn.add(bench.cells(newValues, sliced));
            if (attend) {
                float[][] q = numbers.normals(tokens, kvHeadOf.length * spec.headDimension(), spread);
                queries.add(q);
                queriesIn.add(bench.cells(q, sliced));
                outs.add(bench.output(tokens, q[0].length, sliced));
            }
        }
        PreparedStep step = bench.run(batch, recorder -> {
            for (int layer = 0; layer < spec.layers(); layer++) {
                recorder.storeKv(
                        cache,
                        layer,
                        keysIn.get(layer).buffer(),
                        valuesIn.get(layer).buffer());
                if (attend) {
                    recorder.attention(
                            cache,
                            layer,
                            queriesIn.get(layer).buffer(),
                            kvHeadOf,
                            scale,
                            outs.get(layer).buffer());
                }
            }
        });
        Arrays.stream(chunks).forEach(chunk -> lengths[chunk[0]] += chunk[1]);
        for (int layer = 0; layer < outs.size(); layer++) {
            boolean[] faulted = new boolean[tokens];
            float[][] expected = expected(layer, batch, queries.get(layer), faulted);
            String place = what + " layer " + layer + ", chunks " + Arrays.deepToString(chunks) + ", lengths "
                    + Arrays.toString(lengths);
            outs.get(layer).assertHolds(place, expected, faulted);
            for (int token = 0; token < tokens; token++) {
                if (faulted[token] && !step.faulted(token)) {
                    throw new AssertionError(
                            place + ": row " + token + " has a score that is not finite, but no fault");
                }
                if (step.faulted(token) && spec.layers() == 1 && !faulted[token]) {
                    throw new AssertionError(
                            place + ": row " + token + " is marked as faulted, all its scores are finite");
                }
            }
        }
    }

    private float[][] fill(int rows, int columns, float content, float spreadOfContent) {
        float[][] filled = numbers.normals(rows, columns, spreadOfContent);
        if (!Float.isNaN(content)) {
            Arrays.stream(filled).forEach(row -> row[0] = content);
        }
        return filled;
    }

    void fillTables(StepBatch batch) {
        for (int slot = 0; slot < tables.length; slot++) {
            for (int i = 0; i < tables[slot].length; i++) {
                batch.setBlock(slot, i, tables[slot][i]);
            }
        }
    }

    private float[][] expected(int layer, StepBatch batch, float[][] queries, boolean[] faulted) {
        float[][] expected = new float[queries.length][];
        for (int token = 0; token < queries.length; token++) {
            List<float[]> seenKeys = keys.get(layer).get(batch.slot(token)).subList(0, batch.position(token) + 1);
            List<float[]> seenValues = values.get(layer).get(batch.slot(token)).subList(0, batch.position(token) + 1);
            faulted[token] = scoreNotFinite(queries[token], seenKeys);
            expected[token] =
                    NaiveKernels.attention(queries[token], seenKeys, seenValues, kvHeadOf, spec.headDimension(), scale);
        }
        return expected;
    }

    private boolean scoreNotFinite(float[] query, List<float[]> seenKeys) {
        int dimension = spec.headDimension();
        for (int head = 0; head < kvHeadOf.length; head++) {
            for (float[] key : seenKeys) {
                float score = scale
                        * NaiveKernels.attentionDot(
                                query, head * dimension, key, kvHeadOf[head] * dimension, dimension);
                if (!Float.isFinite(score)) {
                    return true;
                }
            }
        }
        return false;
    }
}
