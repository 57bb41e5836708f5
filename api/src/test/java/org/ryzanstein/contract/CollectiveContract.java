package org.ryzanstein.contract;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;
import org.ryzanstein.api.comm.Communicator;
import org.ryzanstein.api.comm.HostMemory;
import org.ryzanstein.api.comm.HostQueue;
import org.ryzanstein.api.comm.Operation;
import org.ryzanstein.api.comm.OperationKind;
import org.ryzanstein.api.comm.OperationStatistics;
import org.ryzanstein.api.comm.ReduceOperation;
import org.ryzanstein.api.kernel.Buffer;
import org.ryzanstein.api.kernel.ElementType;
import org.ryzanstein.contract.Matrices.Guarded;

/** Collectives of all ranks. */
interface CollectiveContract extends CommunicatorsUnderTest {
    HostQueue QUEUE = HostQueue.INSTANCE;

    /** Rows and columns: nothing, one, odd, around the sizes of frames, several megabytes. */
    List<int[]> SHAPES = List.of(
            new int[] {0, 5},
            new int[] {3, 0},
            new int[] {1, 1},
            new int[] {1, 2},
            new int[] {1, 3},
            new int[] {2, 7},
            new int[] {1, 128},
            new int[] {5, 129},
            new int[] {1, 2560},
            new int[] {3, 2561},
            new int[] {1, 6912},
            new int[] {33, 257},
            new int[] {1, 16_384},
            new int[] {1, 65_535},
            new int[] {7, 10_007},
            new int[] {512, 2560});

    private static String name(int worldSize, Object... rest) {
        return "world of " + worldSize + ", " + Arrays.deepToString(rest);
    }

    /** Splits columns unevenly, with an empty part where there are several ranks. */
    private static int[] uneven(int columns, int worldSize, long seed) {
        Random random = new Random(seed);
        int[] cuts = new int[worldSize + 1];
        for (int i = 1; i < worldSize; i++) {
            cuts[i] = random.nextInt(columns + 1);
        }
        cuts[worldSize] = columns;
        if (worldSize > 2) {
            cuts[2] = cuts[1];
        }
        Arrays.sort(cuts);
        int[] parts = new int[worldSize];
        for (int i = 0; i < worldSize; i++) {
            parts[i] = cuts[i + 1] - cuts[i];
        }
        return parts;
    }

    private static int firstColumn(int[] columns, int rank) {
        return Arrays.stream(columns, 0, rank).sum();
    }

    private static int[][] parts(long seed, int worldSize, ElementType type, int count) {
        int[][] parts = new int[worldSize][];
        for (int rank = 0; rank < worldSize; rank++) {
            parts[rank] = Matrices.words(seed, rank, type, count);
        }
        return parts;
    }

    @ParameterizedTest
    @FieldSource("org.ryzanstein.contract.CommunicatorsUnderTest#WORLDS")
    default void allReduceCombinesInRankOrder(int worldSize) {
        long seed = 1;
        for (int[] shape : SHAPES) {
            for (ElementType type : ElementType.values()) {
                for (ReduceOperation operation : ReduceOperation.values()) {
                    seed++;
                    int[][] parts = parts(seed, worldSize, type, shape[0] * shape[1]);
                    int[] expected = Words.reduce(type, operation, parts);
                    int margin = (int) (seed % 3);
                    boolean nativeMemory = seed % 2 == 0;
                    ranks(worldSize).run(self -> {
                        Guarded own = new Guarded(type, shape[0], shape[1], margin, nativeMemory, parts[self.rank()]);
                        self.allReduce(own.buffer(), own.firstRow(), shape[0], operation, QUEUE)
                                .await();
                        assertThat(Arrays.equals(own.words(), expected))
                                .as(name(worldSize, shape, type, operation))
                                .isTrue();
                        assertThat(own.guarded()).isTrue();
                    });
                }
            }
        }
    }

    /** A transport may send integers in fewer bytes where they fit; nobody may ever see that. */
    @ParameterizedTest
    @FieldSource("org.ryzanstein.contract.CommunicatorsUnderTest#WORLDS")
    default void sumsOfIntegersAreExactWhateverTheirSize(int worldSize) {
        int[] edges = {0, 1, -1, 32767, 32768, -32768, -32769, 65535, 65536, Integer.MAX_VALUE, Integer.MIN_VALUE};
        long seed = 500;
        for (int count : new int[] {1, 2, 3, 255, 511, 512, 513, 1023, 2560, 16_383, 16_385, 50_001, 300_007}) {
            for (int wideBlocks : new int[] {0, 1, 3, 8}) {
                seed++;
                int[][] parts = new int[worldSize][];
                for (int rank = 0; rank < worldSize; rank++) {
                    parts[rank] = integers(new Random(seed * 10 + rank), count, wideBlocks, edges);
                }
                int[] expected = Words.reduce(ElementType.INT32, ReduceOperation.SUM, parts);
                int[] columns = uneven(count, worldSize, seed);
                ranks(worldSize).run(self -> {
                    int[] own = parts[self.rank()].clone();
                    int first = firstColumn(columns, self.rank());
                    int[] scattered = new int[columns[self.rank()]];
                    self.reduceScatter(row(own), row(scattered), columns, 1, ReduceOperation.SUM, QUEUE)
                            .await();
                    assertThat(Arrays.equals(own, parts[self.rank()])).isTrue();
                    assertThat(Arrays.equals(scattered, Arrays.copyOfRange(expected, first, first + scattered.length)))
                            .as(name(worldSize, count, wideBlocks, columns))
                            .isTrue();
                    self.allReduce(HostMemory.of(own), count, ReduceOperation.SUM, QUEUE)
                            .await();
                    assertThat(Arrays.equals(own, expected))
                            .as(name(worldSize, count, wideBlocks))
                            .isTrue();
                });
            }
        }
    }

    private static HostMemory row(int[] words) {
        return HostMemory.matrix(MemorySegment.ofArray(words), ElementType.INT32, 1, words.length, words.length);
    }

    /** Numbers of at most 16 bits with their extremes; in some of each eight stretches of 512 there are larger ones too. */
    private static int[] integers(Random random, int count, int wideOfEight, int[] edges) {
        int[] words = new int[count];
        boolean[] wide = new boolean[count / 512 + 1];
        for (int i = 0; i < wide.length; i++) {
            wide[i] = random.nextInt(8) < wideOfEight;
        }
        for (int i = 0; i < count; i++) {
            int any = random.nextInt(4) == 0 ? edges[random.nextInt(edges.length)] : random.nextInt(65_536) - 32_768;
            words[i] = wide[i / 512] ? any : (short) any;
        }
        return words;
    }

    @ParameterizedTest
    @FieldSource("org.ryzanstein.contract.CommunicatorsUnderTest#WORLDS")
    default void theMaximumOfFloatsKeepsNanAndTheSignOfZero(int worldSize) {
        int[][] parts = new int[worldSize][];
        for (int rank = 0; rank < worldSize; rank++) {
            parts[rank] = Matrices.specialFloats(7, rank, 1001);
        }
        int[] expected = Words.reduce(ElementType.FLOAT32, ReduceOperation.MAX, parts);
        ranks(worldSize).run(self -> {
            Guarded own = new Guarded(ElementType.FLOAT32, 1, 1001, 1, false, parts[self.rank()]);
            self.allReduce(own.buffer(), own.firstRow(), 1, ReduceOperation.MAX, QUEUE)
                    .await();
            assertThat(own.words()).isEqualTo(expected);
        });
    }

    @ParameterizedTest
    @FieldSource("org.ryzanstein.contract.CommunicatorsUnderTest#WORLDS")
    default void allGatherJoinsUnevenColumns(int worldSize) {
        long seed = 1000;
        for (int[] shape : SHAPES) {
            for (ElementType type : ElementType.values()) {
                seed++;
                int rows = shape[0];
                int[] columns = uneven(shape[1], worldSize, seed);
                int[][] parts = new int[worldSize][];
                for (int rank = 0; rank < worldSize; rank++) {
                    parts[rank] = Matrices.words(seed, rank, type, rows * columns[rank]);
                }
                int[] expected = Words.joinColumns(parts, columns, rows);
                int margin = (int) (seed % 3);
                boolean inPlace = seed % 2 == 0;
                ranks(worldSize).run(self -> {
                    int count = columns[self.rank()];
                    Guarded all = new Guarded(type, rows, shape[1], margin, inPlace);
                    Guarded own = new Guarded(type, rows, count, margin, false, parts[self.rank()]);
                    Buffer send = own.buffer();
                    if (inPlace) {
                        send = all.buffer().slice(firstColumn(columns, self.rank()), count);
                        Words.write(parts[self.rank()], send, all.firstRow(), rows);
                    }
                    self.allGather(send, all.buffer(), columns, all.firstRow(), rows, QUEUE)
                            .await();
                    assertThat(Arrays.equals(all.words(), expected))
                            .as(name(worldSize, shape, type, columns))
                            .isTrue();
                    assertThat(all.guarded() && own.guarded()).isTrue();
                });
            }
        }
    }

    @ParameterizedTest
    @FieldSource("org.ryzanstein.contract.CommunicatorsUnderTest#WORLDS")
    default void reduceScatterGivesEachRankItsColumns(int worldSize) {
        long seed = 2000;
        for (int[] shape : SHAPES) {
            for (ElementType type : ElementType.values()) {
                for (ReduceOperation operation : ReduceOperation.values()) {
                    seed++;
                    int rows = shape[0];
                    int[] columns = uneven(shape[1], worldSize, seed);
                    int[][] parts = parts(seed, worldSize, type, rows * shape[1]);
                    int[] reduced = Words.reduce(type, operation, parts);
                    int margin = (int) (seed % 3);
                    ranks(worldSize).run(self -> {
                        int count = columns[self.rank()];
                        Guarded own = new Guarded(type, rows, shape[1], margin, false, parts[self.rank()]);
                        Guarded result = new Guarded(type, rows, count, margin, true);
                        self.reduceScatter(
                                        own.buffer(), result.buffer(), columns, own.firstRow(), rows, operation, QUEUE)
                                .await();
                        int first = firstColumn(columns, self.rank());
                        assertThat(Arrays.equals(result.words(), Words.columns(reduced, shape[1], first, count)))
                                .as(name(worldSize, shape, type, operation, columns))
                                .isTrue();
                        assertThat(Arrays.equals(own.words(), parts[self.rank()]))
                                .isTrue();
                        assertThat(own.guarded() && result.guarded()).isTrue();
                    });
                }
            }
        }
    }

    @ParameterizedTest
    @FieldSource("org.ryzanstein.contract.CommunicatorsUnderTest#WORLDS")
    default void broadcastGivesAllWhatTheRootHas(int worldSize) {
        long seed = 3000;
        for (int[] shape : SHAPES) {
            for (int root = 0; root < worldSize; root++) {
                int from = root;
                int[] expected = Matrices.words(++seed, root, ElementType.INT32, shape[0] * shape[1]);
                int margin = (int) (seed % 2);
                ranks(worldSize).run(self -> {
                    Guarded own = new Guarded(ElementType.INT32, shape[0], shape[1], margin, false);
                    if (self.rank() == from) {
                        Words.write(expected, own.buffer(), own.firstRow(), shape[0]);
                    }
                    self.broadcast(own.buffer(), own.firstRow(), shape[0], from, QUEUE)
                            .await();
                    assertThat(Arrays.equals(own.words(), expected))
                            .as(name(worldSize, shape, from))
                            .isTrue();
                    assertThat(own.guarded()).isTrue();
                });
            }
        }
    }

    @ParameterizedTest
    @FieldSource("org.ryzanstein.contract.CommunicatorsUnderTest#WORLDS")
    default void nobodyLeavesABarrierBeforeAllHaveCome(int worldSize) {
        AtomicInteger come = new AtomicInteger();
        ranks(worldSize).run(self -> {
            for (int round = 1; round <= 50; round++) {
                come.incrementAndGet();
                self.barrier();
                assertThat(come.get()).isGreaterThanOrEqualTo(round * worldSize);
            }
        });
    }

    @ParameterizedTest
    @FieldSource("org.ryzanstein.contract.CommunicatorsUnderTest#WORLDS")
    default void handlesMayBeOpenAtOnceAndAwaitedInAnyOrder(int worldSize) {
        for (int round = 0; round < 8; round++) {
            long seed = 4000L + round;
            ranks(worldSize).run(self -> {
                List<Runnable> ends = new ArrayList<>();
                for (int i = 0; i < 12; i++) {
                    int count = new int[] {5000, 0, 1, 100_003, 33, 20_000}[i % 6];
                    ends.add(started(self, seed * 100 + i, i, count));
                }
                Collections.shuffle(ends, new Random(seed + self.rank()));
                ends.forEach(Runnable::run);
            });
        }
    }

    private static Runnable started(Communicator self, long seed, int number, int count) {
        int[] expected;
        int[] result;
        Operation operation;
        if (number % 3 == 2) {
            int[] columns = new int[self.worldSize()];
            Arrays.fill(columns, 1);
            expected = Words.joinColumns(parts(seed, self.worldSize(), ElementType.INT32, count), columns, count);
            result = new int[count * self.worldSize()];
            Buffer all = HostMemory.matrix(
                    MemorySegment.ofArray(result), ElementType.INT32, count, self.worldSize(), self.worldSize());
            Buffer own = HostMemory.of(Matrices.words(seed, self.rank(), ElementType.INT32, count));
            operation = self.allGather(own, all, columns, count, QUEUE);
        } else {
            expected = Words.reduce(
                    ElementType.INT32, ReduceOperation.SUM, parts(seed, self.worldSize(), ElementType.INT32, count));
            result = Matrices.words(seed, self.rank(), ElementType.INT32, count);
            operation = self.allReduce(HostMemory.of(result), count, ReduceOperation.SUM, QUEUE);
        }
        return () -> {
            if (number % 2 == 0) {
                while (!operation.isDone()) {
                    Thread.onSpinWait();
                }
            }
            operation.await();
            assertThat(Arrays.equals(result, expected))
                    .as(name(self.worldSize(), number, count))
                    .isTrue();
        };
    }

    @ParameterizedTest
    @FieldSource("org.ryzanstein.contract.CommunicatorsUnderTest#WORLDS")
    default void statisticsCountWhatWasDone(int worldSize) {
        ranks(worldSize).run(self -> {
            self.resetStatistics();
            for (int i = 0; i < 5; i++) {
                self.allReduce(HostMemory.of(new float[10]), 10, ReduceOperation.SUM, QUEUE)
                        .await();
            }
            self.barrier();
            List<OperationStatistics> statistics = self.statistics();
            assertThat(statistics)
                    .extracting(OperationStatistics::kind)
                    .containsExactly(OperationKind.ALL_REDUCE, OperationKind.BARRIER);
            OperationStatistics reduce = statistics.getFirst();
            assertThat(reduce.count()).isEqualTo(5);
            assertThat(reduce.bytes()).isEqualTo(5 * 40);
            assertThat(reduce.wireBytes()).isNotNegative();
            assertThat(reduce.minNanos()).isBetween(0L, reduce.medianNanos());
            assertThat(reduce.p95Nanos()).isBetween(reduce.medianNanos(), reduce.p99Nanos());
            assertThat(reduce.p99Nanos()).isLessThanOrEqualTo(reduce.maxNanos());
            assertThat(reduce.totalNanos()).isGreaterThanOrEqualTo(reduce.maxNanos());
            assertThat(self.describe()).isNotBlank();
            assertThat(self.linkSpeed().bytesPerSecond()).isPositive();
            assertThat(self.failure()).isEmpty();
            assertThat(self.deadRanks()).isEmpty();
        });
    }
}
