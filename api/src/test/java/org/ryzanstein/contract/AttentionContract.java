package org.ryzanstein.contract;

import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.ryzanstein.api.kernel.KvSpec;
import org.ryzanstein.api.kernel.KvType;

/** storeKv and attention over a paged cache. */
interface AttentionContract extends BackendUnderTest {

    private static KvSpec spec(int layers, int[] kvHeadOf, int headDimension, int positions, int blockPositions) {
        int kvHeads = Arrays.stream(kvHeadOf).max().orElseThrow() + 1;
        int blocks = (positions + blockPositions - 1) / blockPositions;
        return new KvSpec(layers, kvHeads, headDimension, blocks, blockPositions, KvType.FLOAT32);
    }

    @TestFactory
    default Stream<DynamicTest> attendsOverContextsAroundTheBlocks() {
        return Arrays.stream(Sizes.CONTEXTS)
                .mapToObj(context -> DynamicTest.dynamicTest("context " + context, () -> {
                    for (int i = 0; i < Sizes.HEAD_DIMENSIONS.length; i++) {
                        int number = context + i;
                        int[] mapping = Sizes.HEAD_MAPPINGS[number % Sizes.HEAD_MAPPINGS.length];
                        int blockPositions = Sizes.pick(Sizes.KV_BLOCKS, number);
                        KvWorld world = new KvWorld(
                                "attention, seed " + number + ", context " + context,
                                benchFor(number),
                                spec(1, mapping, Sizes.HEAD_DIMENSIONS[i], context, blockPositions),
                                mapping,
                                1,
                                new Numbers(number));
                        int last = Math.min(context, 3);
                        if (context > last) {
                            world.store(0, context - last, Float.NaN);
                        }
                        world.step(number % 2 == 1, new int[] {0, last});
                    }
                }));
    }

    @TestFactory
    default Stream<DynamicTest> mapsQueryHeadsToKvHeads() {
        return Arrays.stream(Sizes.HEAD_MAPPINGS)
                .map(mapping -> DynamicTest.dynamicTest(Arrays.toString(mapping), () -> {
                    for (int threads : Sizes.TEAMS) {
                        KvWorld world = new KvWorld(
                                "attention",
                                bench(threads),
                                spec(2, mapping, 20, 300, 32),
                                mapping,
                                1,
                                new Numbers(threads));
                        world.store(0, 250, Float.NaN);
                        world.step(true, new int[] {0, 9});
                        world.step(false, new int[] {0, 1});
                    }
                }));
    }

    @TestFactory
    default Stream<DynamicTest> attendsForSeveralSequencesInOneStep() {
        return Arrays.stream(Sizes.KV_BLOCKS)
                .mapToObj(blockPositions -> DynamicTest.dynamicTest("blocks of " + blockPositions, () -> {
                    int[] mapping = {0, 0, 1};
                    int slots = 5;
                    KvSpec spec = new KvSpec(2, 2, 16, slots * (512 / blockPositions), blockPositions, KvType.FLOAT32);
                    KvWorld world = new KvWorld(
                            "attention of several sequences",
                            benchFor(blockPositions),
                            spec,
                            mapping,
                            slots,
                            new Numbers(3));
                    world.step(false, new int[] {2, 40});
                    world.step(true, new int[] {0, 17}, new int[] {2, 1}, new int[] {4, 300});
                    world.step(false, new int[] {1, 1}, new int[] {4, 1}, new int[] {0, 1}, new int[] {2, 1});
                    world.step(true, new int[] {3, 257}, new int[] {0, 1}, new int[] {1, 33});
                    world.step(
                            false, new int[] {0, 1}, new int[] {1, 1}, new int[] {2, 1}, new int[] {3, 1}, new int[] {
                                4, 1
                            });
                }));
    }

    @TestFactory
    default Stream<DynamicTest> attendsInChunksOfAnySize() {
        return Stream.of(1, 7, 100, 255, 256, 257, 600)
                .map(chunk -> DynamicTest.dynamicTest("chunks of " + chunk, () -> {
                    int[] mapping = {0, 0};
                    int total = chunk == 1 ? 40 : 600;
                    KvWorld world = new KvWorld(
                            "chunked prefill",
                            benchFor(chunk),
                            spec(1, mapping, 8, 640, 16),
                            mapping,
                            1,
                            new Numbers(chunk));
                    if (chunk == 1) {
                        world.store(0, 240, Float.NaN);
                    }
                    for (int done = 0; done < total; done += chunk) {
                        world.step(false, new int[] {0, Math.min(chunk, total - done)});
                    }
                    world.step(false, new int[] {0, 1});
                }));
    }

    @Test
    default void attendsWithLargeAndSmallScores() {
        for (float spread : new float[] {0f, 1e-20f, 30f, 300f, 1e4f, 1e20f}) {
            int[] mapping = {0, 0, 1};
            KvWorld world = new KvWorld(
                            "spread of queries " + spread,
                            bench(2),
                            spec(1, mapping, 64, 600, 32),
                            mapping,
                            1,
                            new Numbers(5))
                    .spread(spread);
            world.store(0, 510, Float.NaN);
            world.step(false, new int[] {0, 5});
        }
    }

    @Test
    default void readsNoPositionBehindItsOwn() {
        int[] mapping = {0, 0};
        for (int blockPositions : Sizes.KV_BLOCKS) {
            KvWorld world = new KvWorld(
                    "stale content behind",
                    bench(2),
                    spec(1, mapping, 12, 400, blockPositions),
                    mapping,
                    1,
                    new Numbers(blockPositions));
            world.store(0, 300, Float.POSITIVE_INFINITY);
            world.truncate(0, 0);
            world.step(false, new int[] {0, 5});
            world.store(0, 253, Float.NaN);
            world.step(true, new int[] {0, 3});
        }
    }

    @Test
    default void marksScoresThatAreNotFiniteAndLeavesOtherSequencesAlone() {
        int[] mapping = {0, 0};
        KvSpec spec = new KvSpec(1, 1, 8, 6, 32, KvType.FLOAT32);
        for (int threads : Sizes.TEAMS) {
            KvWorld world = new KvWorld("scores not finite", bench(threads), spec, mapping, 3, new Numbers(threads));
            world.store(1, 20, Float.POSITIVE_INFINITY);
            world.step(false, new int[] {0, 7}, new int[] {1, 2}, new int[] {2, 3});
        }
    }
}
