package org.ryzanstein.loader.parallel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.ryzanstein.loader.cluster.ShardPlan;

class ShardTest {
    private static final Shard.Sizes BITNET = new Shard.Sizes(20, 5, 6912, 2560, 128256);

    private static List<Shard> shards(Shard.Sizes sizes, int ranks, ShardPlan plan) {
        return IntStream.range(0, ranks)
                .mapToObj(rank -> Shard.of(sizes, rank, ranks, plan))
                .toList();
    }

    private static int[] heads(int ranks) {
        return shards(BITNET, ranks, ShardPlan.ALL_SPLIT).stream()
                .mapToInt(shard -> shard.ownHeads().count())
                .toArray();
    }

    @Test
    void sharesHeadsOutUnevenlyWhereItMust() {
        assertThat(heads(2)).containsExactly(10, 10);
        assertThat(heads(3)).containsExactly(7, 7, 6);
        assertThat(heads(4)).containsExactly(5, 5, 5, 5);
        assertThat(heads(8)).containsExactly(3, 3, 3, 3, 2, 2, 2, 2);
        assertThat(heads(24))
                .containsExactly(
                        IntStream.range(0, 24).map(rank -> rank < 20 ? 1 : 0).toArray());
    }

    @ParameterizedTest
    @CsvSource({"2, 0-2;2-4", "3, 0-1;1-3;3-4", "4, 0-1;1-2;2-3;3-4", "8, 0;0-1;1-2;2;3;3;4;4"})
    void givesEveryRankTheKvHeadsThatItsQueryHeadsRead(int ranks, String expected) {
        List<Shard> shards = shards(BITNET, ranks, ShardPlan.ALL_SPLIT);
        assertThat(shards.stream().map(shard -> shard.ownKvHeads().toString())).containsExactly(expected.split(";"));
        for (Shard shard : shards) {
            int[] kvHeadOf = shard.kvHeadOf();
            assertThat(kvHeadOf).hasSize(shard.ownHeads().count());
            for (int head = 0; head < kvHeadOf.length; head++) {
                assertThat(shard.ownKvHeads().first() + kvHeadOf[head])
                        .isEqualTo((shard.ownHeads().first() + head) / 4);
            }
        }
    }

    @ParameterizedTest
    @CsvSource({
        "20, 5, 2, 0-2;3-4, 0-1;2-4",
        "20, 5, 3, 0-1;2-3;4, 0;1-2;3-4",
        "20, 5, 5, 0;1;2;3;4, 0;1;2;3;4",
        "20, 5, 8, 0;1;2;none;3;none;4;none, none;0;1;2;none;3;none;4",
        "8, 1, 4, 0;none;none;none, none;none;none;0",
        "2, 1, 4, 0;none;none;none, none;0;none;none"
    })
    void hasEachKeyAndValueOfAStraddlingHeadComputedOnce(
            int heads, int kvHeads, int ranks, String keys, String values) {
        List<Shard> shards = exchanging(heads, kvHeads, ranks);
        assertThat(shards.stream().map(shard -> shard.straddlingHeads().keys().toString()))
                .containsExactly(keys.split(";"));
        assertThat(shards.stream().map(shard -> shard.straddlingHeads().values().toString()))
                .containsExactly(values.split(";"));
    }

    @ParameterizedTest
    @CsvSource({"20, 5", "8, 1", "32, 4", "9, 3", "6, 6"})
    void givesEachRankTheKeysAndValuesThatItDoesNotCompute(int heads, int kvHeads) {
        for (int ranks = 1; ranks <= heads + 2; ranks++) {
            List<Shard> shards = exchanging(heads, kvHeads, ranks);
            int[] counts = shards.getFirst().straddlingHeads().counts(1);
            String[] row = new String[Arrays.stream(counts).sum()];
            int place = 0;
            for (Shard shard : shards) {
                StraddlingHeads straddling = shard.straddlingHeads();
                Range held = shard.ownKvHeads();
                put(row, straddling.givenKeys(), place, "keys " + (held.first() + held.count() - 1));
                int values = straddling.givenKeys() == StraddlingHeads.NONE ? place : place + 1;
                put(row, straddling.givenValues(), values, "values " + held.first());
                place += counts[shard.rank()];
            }
            assertThat(row).doesNotContainNull().doesNotHaveDuplicates();
            for (Shard shard : shards) {
                StraddlingHeads straddling = shard.straddlingHeads();
                Range held = shard.ownKvHeads();
                assertThat(straddling.areExchanged()).isEqualTo(row.length > 0);
                check(
                        row,
                        straddling.takenKeys(),
                        held.count() - straddling.keys().count(),
                        "keys " + held.first());
                check(
                        row,
                        straddling.takenValues(),
                        held.count() - straddling.values().count(),
                        "values " + (held.first() + held.count() - 1));
            }
        }
    }

    private static List<Shard> exchanging(int heads, int kvHeads, int ranks) {
        Shard.Sizes sizes = new Shard.Sizes(heads, kvHeads, 6912, 2560, 128256);
        return shards(sizes, ranks, ShardPlan.ALL_SPLIT).stream()
                .map(shard -> shard.exchangingKv(true))
                .toList();
    }

    private static void put(String[] row, int place, int expected, String what) {
        if (place != StraddlingHeads.NONE) {
            assertThat(place).isEqualTo(expected);
            row[place] = what;
        }
    }

    private static void check(String[] row, int place, int missing, String what) {
        if (place == StraddlingHeads.NONE) {
            assertThat(missing).isZero();
        } else {
            assertThat(missing).isEqualTo(1);
            assertThat(row[place]).isEqualTo(what);
        }
    }

    @Test
    void exchangesNothingWhereEachRankComputesForItself() {
        for (Shard shard : shards(BITNET, 2, ShardPlan.ALL_SPLIT)) {
            assertThat(shard.straddlingHeads().areExchanged()).isFalse();
            assertThat(shard.straddlingHeads().keys()).isEqualTo(shard.ownKvHeads());
            assertThat(shard.straddlingHeads().values()).isEqualTo(shard.ownKvHeads());
        }
        for (Shard shard : shards(BITNET, 2, ShardPlan.ATTENTION_REPLICATED)) {
            assertThat(shard.exchangingKv(true).straddlingHeads().areExchanged())
                    .isFalse();
        }
    }

    @ParameterizedTest
    @CsvSource({"6912, 2", "6912, 3", "6912, 8", "8640, 2", "8640, 4", "8640, 8", "172, 3", "100, 2"})
    void cutsTheFeedForwardNetworkBetweenBlocksOfItsNorm(int units, int ranks) {
        Shard.Sizes sizes = new Shard.Sizes(20, 5, units, 2560, 128256);
        int next = 0;
        int least = Integer.MAX_VALUE;
        int most = 0;
        for (Shard shard : shards(sizes, ranks, ShardPlan.ALL_SPLIT)) {
            Range own = shard.ownUnits();
            assertThat(own.first()).isEqualTo(next);
            assertThat(own.isEmpty() || own.first() % 128 == 0).isTrue();
            next += own.count();
            least = Math.min(least, Math.ceilDiv(own.count(), 128));
            most = Math.max(most, Math.ceilDiv(own.count(), 128));
        }
        assertThat(next).isEqualTo(units);
        assertThat(most - least).isLessThanOrEqualTo(1);
    }

    @Test
    void replicatesWhatThePlanSays() {
        for (Shard shard : shards(BITNET, 4, ShardPlan.ATTENTION_REPLICATED)) {
            assertThat(shard.ownHeads()).isEqualTo(new Range(0, 20));
            assertThat(shard.ownKvHeads()).isEqualTo(new Range(0, 5));
            assertThat(shard.replicatesAttentionOutput()).isTrue();
        }
        assertThat(Shard.of(BITNET, 1, 2, ShardPlan.OUTPUT_REPLICATED).replicatesAttentionOutput())
                .isTrue();
        assertThat(Shard.of(BITNET, 1, 2, ShardPlan.ALL_SPLIT).replicatesAttentionOutput())
                .isFalse();
    }

    @Test
    void coversAllDimensionsOnce() {
        for (int ranks = 1; ranks <= 9; ranks++) {
            List<Shard> shards = shards(BITNET, ranks, ShardPlan.ALL_SPLIT);
            assertThat(sum(shards.stream().map(Shard::ownTokens).toList())).isEqualTo(128256);
            assertThat(sum(shards.stream().map(Shard::ownHidden).toList())).isEqualTo(2560);
            assertThat(Arrays.stream(shards.getFirst().vocabulary().counts(1)).sum())
                    .isEqualTo(128256);
        }
    }

    private static int sum(List<Range> ranges) {
        int next = 0;
        for (Range range : new ArrayList<>(ranges)) {
            assertThat(range.first()).isEqualTo(next);
            next += range.count();
        }
        return next;
    }

    @Test
    void saysWhatItHolds() {
        assertThat(Shard.of(BITNET, 0, 2, ShardPlan.ALL_SPLIT).describe())
                .isEqualTo("heads 0-9 of 20 (KV 0-2), FFN 0-3455 of 6912, tokens 0-64127 of 128256");
        assertThat(Shard.of(BITNET, 22, 24, ShardPlan.ALL_SPLIT).describe()).startsWith("heads none of 20, FFN");
        assertThat(Shard.whole(BITNET).isWhole()).isTrue();
        assertThat(Shard.of(BITNET, 1, 2, ShardPlan.ALL_SPLIT).isWhole()).isFalse();
    }

    @Test
    void refusesARankThatThereIsNot() {
        assertThatThrownBy(() -> Shard.of(BITNET, 2, 2, ShardPlan.ALL_SPLIT))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("rank 2 of 2");
    }
}
