package org.ryzanstein.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.ryzanstein.api.kernel.Buffer;
import org.ryzanstein.api.kernel.ElementType;
import org.ryzanstein.api.kernel.MemoryKind;
import org.ryzanstein.api.kernel.PreparedStep;
import org.ryzanstein.api.kernel.RowSet;
import org.ryzanstein.api.kernel.StepBatch;
import org.ryzanstein.api.kernel.StepShape;

/** Buffers, the queue, and steps as a whole: order, reuse, batches of several sequences. */
interface StepContract extends BackendUnderTest {
    @Test
    default void allocatesZeros() {
        for (ElementType type : ElementType.values()) {
            Buffer buffer = bench(2).backend().allocate(type, RowSet.TOKENS, 3, 17);
            assertThat(bench(2).readWords(buffer)).containsOnly(0);
            assertThat(buffer.elementType()).isEqualTo(type);
            assertThat(buffer.rowSet()).isEqualTo(RowSet.TOKENS);
            assertThat(buffer.rows()).isEqualTo(3);
            assertThat(buffer.columns()).isEqualTo(17);
            assertThat(buffer.stride()).isGreaterThanOrEqualTo(17);
        }
    }

    @Test
    default void slicesShareTheirBuffersMemory() {
        Bench bench = bench(2);
        Buffer whole = bench.backend().allocate(ElementType.INT32, RowSet.OUTPUTS, 3, 10);
        Buffer slice = whole.slice(2, 5).slice(1, 3);
        assertThat(slice.columns()).isEqualTo(3);
        assertThat(slice.rows()).isEqualTo(3);
        assertThat(slice.rowSet()).isEqualTo(RowSet.OUTPUTS);
        assertThat(slice.stride()).isEqualTo(whole.stride());
        int[] numbers = new int[30];
        Arrays.setAll(numbers, i -> i);
        bench.writeWords(numbers, whole);
        assertThat(bench.readWords(slice)).containsExactly(3, 4, 5, 13, 14, 15, 23, 24, 25);

        bench.writeWords(new int[9], slice);

        assertThat(bench.readWords(whole))
                .containsExactly(
                        0, 1, 2, 0, 0, 0, 6, 7, 8, 9, 10, 11, 12, 0, 0, 0, 16, 17, 18, 19, 20, 21, 22, 0, 0, 0, 26, 27,
                        28, 29);
    }

    @Test
    default void refusesSlicesBeyondTheBuffer() {
        Buffer buffer = bench(1).backend().allocate(ElementType.FLOAT32, RowSet.TOKENS, 2, 5);
        assertThatThrownBy(() -> buffer.slice(3, 3)).isInstanceOf(RuntimeException.class);
        assertThatThrownBy(() -> buffer.slice(-1, 2)).isInstanceOf(RuntimeException.class);
        assertThatThrownBy(() -> buffer.slice(Integer.MAX_VALUE, 2)).isInstanceOf(RuntimeException.class);
    }

    @Test
    default void copiesTheFirstRowsFromAndToNativeMemory() {
        Bench bench = bench(1);
        Buffer slice = bench.backend()
                .allocate(ElementType.FLOAT32, RowSet.TOKENS, 4, 6)
                .slice(1, 3);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment source = arena.allocateFrom(ValueLayout.JAVA_FLOAT, 1f, 2f, 3f, 4f, 5f, 6f);
            bench.backend().queue().upload(source, slice, 2);
            MemorySegment target = arena.allocate(9 * 4L, 4);
            bench.backend().queue().download(slice, 3, target);
            assertThat(target.toArray(ValueLayout.JAVA_FLOAT)).containsExactly(1f, 2f, 3f, 4f, 5f, 6f, 0f, 0f, 0f);
        }
    }

    @Test
    default void showsHostMemoryToCommunicators() {
        Bench bench = bench(1);
        if (bench.backend().memoryKind() != MemoryKind.HOST) {
            return;
        }
        Buffer slice =
                bench.backend().allocate(ElementType.INT32, RowSet.TOKENS, 3, 6).slice(2, 2);
        bench.writeWords(new int[] {1, 2, 3, 4, 5, 6}, slice);
        MemorySegment memory = slice.memory();
        for (int row = 0; row < 3; row++) {
            for (int i = 0; i < 2; i++) {
                long at = ((long) row * slice.stride() + i) * ElementType.BYTES;
                assertThat(memory.get(ValueLayout.JAVA_INT, at)).isEqualTo(2 * row + i + 1);
            }
        }
    }

    @Test
    default void runsOperationsAndCallsInTheirOrder() {
        for (int threads : Sizes.TEAMS) {
            Bench bench = bench(threads);
            int tokens = 7;
            Numbers numbers = new Numbers(threads);
            float[][] x = numbers.normals(tokens, 33, 1f);
            float[][] first = numbers.normals(tokens, 33, 1f);
            float[][] second = numbers.normals(tokens, 33, 1f);
            Cells sum = bench.cells(x, false);
            Buffer addend = bench.backend().allocate(ElementType.FLOAT32, RowSet.TOKENS, tokens, 33);
            List<String> calls = new ArrayList<>();
            PreparedStep step = bench.run(Bench.plainBatch(tokens), recorder -> {
                recorder.call(queue -> {
                    calls.add("first");
                    queue.upload(MemorySegment.ofArray(TinyModel.flat(first)), addend, tokens);
                });
                recorder.add(sum.buffer(), addend);
                recorder.call(queue -> {
                    calls.add("second");
                    queue.upload(MemorySegment.ofArray(TinyModel.flat(second)), addend, tokens);
                });
                recorder.add(sum.buffer(), addend);
                recorder.call(queue -> calls.add("third"));
            });
            float[][] once = NaiveKernels.add(NaiveKernels.add(x, first), second);
            sum.assertHolds("add and call, threads " + threads, once);
            assertThat(calls).containsExactly("first", "second", "third");

            bench.submit(step, Bench.plainBatch(tokens));

            sum.assertHolds(
                    "add and call again, threads " + threads, NaiveKernels.add(NaiveKernels.add(once, first), second));
            assertThat(calls).containsExactly("first", "second", "third", "first", "second", "third");
        }
    }

    @Test
    default void throwsWhatACallThrowsAndGoesOn() {
        for (int threads : Sizes.TEAMS) {
            Bench bench = bench(threads);
            PreparedStep broken = bench.backend()
                    .prepare(
                            new StepShape(1, 0),
                            recorder -> recorder.call(queue -> {
                                throw new IllegalStateException("from the call");
                            }));
            assertThatThrownBy(() -> bench.submit(broken, Bench.plainBatch(1))).hasMessageContaining("from the call");
            Cells x = bench.cells(new float[][] {{1f}}, false);
            Cells y = bench.cells(new float[][] {{2f}}, false);
            bench.run(Bench.plainBatch(1), recorder -> recorder.add(x.buffer(), y.buffer()));
            x.assertHolds("add after a failure", new float[][] {{3f}});
        }
    }

    @Test
    default void leavesRowsBehindASmallerBatchAlone() {
        Bench bench = bench(3);
        Numbers numbers = new Numbers(4);
        float[][] x = numbers.normals(9, 20, 1f);
        float[][] y = numbers.normals(9, 20, 1f);
        Cells sum = bench.cells(x, true);
        Cells addend = bench.cells(y, true);
        PreparedStep step =
                bench.backend().prepare(new StepShape(9, 0), recorder -> recorder.add(sum.buffer(), addend.buffer()));
        float[][] expected = x.clone();
        for (int tokens : new int[] {1, 9, 2, 5}) {
            bench.submit(step, Bench.plainBatch(tokens));
            float[][] added = NaiveKernels.add(expected, y);
            System.arraycopy(added, 0, expected, 0, tokens);
            sum.assertHolds("step of 9 run over " + tokens, expected);
        }
        assertThat(step.shape()).isEqualTo(new StepShape(9, 0));
    }

    /** A part of a sequence within a batch: from its next position on. */
    record Part(int slot, int count) {}

    /** Runs sequences in batches as given and compares all their logits with the oracle's. */
    private static void checkModel(
            String what, Bench bench, long seed, int blockPositions, int[][] sequences, List<List<Part>> batches) {
        TinyModel model = new TinyModel(seed);
        int slots = sequences.length;
        int perSlot = Math.ceilDiv(TinyModel.MAX_CONTEXT, blockPositions);
        int most = batches.stream()
                .mapToInt(batch -> batch.stream().mapToInt(Part::count).sum())
                .max()
                .orElseThrow();
        TinyModel.Loaded loaded = model.new Loaded(bench, most, most, TinyModel.kv(slots * perSlot, blockPositions));
        float[][][] expected = Arrays.stream(sequences).map(model::logits).toArray(float[][][]::new);
        int[] order = new Numbers(seed).shuffled(slots * perSlot);
        StepBatch batch = new StepBatch(most, slots, perSlot);
        for (int slot = 0; slot < slots; slot++) {
            for (int i = 0; i < perSlot; i++) {
                batch.setBlock(slot, i, order[i * slots + slot]);
            }
        }
        int[] done = new int[slots];
        float[] found = new float[TinyModel.VOCABULARY];
        for (List<Part> parts : batches) {
            batch.clear();
            for (Part part : parts) {
                for (int i = 0; i < part.count(); i++) {
                    int position = done[part.slot()]++;
                    batch.add(sequences[part.slot()][position], part.slot(), position, StepBatch.DISTRIBUTION);
                }
            }
            bench.submit(loaded.step(), batch);
            for (int row = 0; row < batch.outputs(); row++) {
                loaded.head().copyLogits(row, found);
                int slot = batch.slot(row);
                Bits.assertRow(
                        what + " [seed=" + seed + ", threads=" + bench.threads() + ", batch " + parts + "]: slot "
                                + slot + ", position " + batch.position(row) + ": logits",
                        expected[slot][batch.position(row)],
                        found);
                assertThat(loaded.step().faulted(row)).isFalse();
            }
        }
    }

    private static int[] ids(long seed, int count) {
        Numbers numbers = new Numbers(seed);
        int[] ids = new int[count];
        Arrays.setAll(ids, i -> numbers.below(TinyModel.VOCABULARY));
        return ids;
    }

    @TestFactory
    default Stream<DynamicTest> prefillsAWholeModelInChunksOfAnySize() {
        return Stream.of(1, 3, 64, 255, 300)
                .map(chunk -> DynamicTest.dynamicTest("chunks of " + chunk, () -> {
                    int length = chunk < 64 ? 20 * chunk : 300;
                    List<List<Part>> batches = new ArrayList<>();
                    for (int at = 0; at < length; at += chunk) {
                        batches.add(List.of(new Part(0, Math.min(chunk, length - at))));
                    }
                    for (int threads : Sizes.TEAMS) {
                        checkModel("prefill", bench(threads), 30, 32, new int[][] {ids(chunk, length)}, batches);
                    }
                }));
    }

    @TestFactory
    default Stream<DynamicTest> computesEachSequenceAsIfItWereAlone() {
        int[][] sequences = {ids(1, 270), ids(2, 12), ids(3, 40), ids(4, 3), ids(1, 270)};
        List<List<Part>> batches = List.of(
                List.of(new Part(0, 258)),
                List.of(new Part(1, 5), new Part(0, 1), new Part(2, 30)),
                List.of(new Part(0, 1), new Part(1, 1), new Part(2, 1), new Part(3, 1)),
                List.of(new Part(3, 1), new Part(2, 1), new Part(4, 200)),
                List.of(new Part(4, 70), new Part(2, 1), new Part(0, 1), new Part(3, 1), new Part(1, 1)),
                List.of(new Part(2, 7), new Part(0, 9)));
        return Arrays.stream(Sizes.TEAMS)
                .mapToObj(threads -> DynamicTest.dynamicTest(
                        "team of " + threads,
                        () -> checkModel("several sequences", bench(threads), 31, 16, sequences, batches)));
    }
}
