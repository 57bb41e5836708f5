package org.ryzanstein.loader.ranks;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.ryzanstein.api.comm.LinkSpeed;
import org.ryzanstein.loader.cluster.ShardPlan;
import org.ryzanstein.loader.format.Hyperparameters;

class PlanChoiceTest {
    /** The shape of BitNet b1.58 2B: attention of 2 bits a weight. */
    private static final Hyperparameters SHAPE = new Hyperparameters(
            2560, 6912, 30, 20, 5, 128, 4096, 128256, 1e-5f, 500000, 128, true, Map.of(), Optional.empty());

    private static final long INPUTS = 2560L * (2560 + 2 * 640) / 4;
    private static final long OUTPUT = 2560L * 2560 / 4;

    private static PlanChoice choose(long latencyNanos, int worldSize) {
        return PlanChoice.of(
                Optional.empty(),
                SHAPE,
                new PlanChoice.Costs(INPUTS, OUTPUT, 10e9),
                worldSize,
                new LinkSpeed(latencyNanos, 1e9));
    }

    @ParameterizedTest
    @CsvSource({
        "1000, 2, ALL_SPLIT",
        "20000, 2, ALL_SPLIT",
        "90000, 2, OUTPUT_REPLICATED",
        "2000000, 2, ATTENTION_REPLICATED",
        "1000, 8, ALL_SPLIT",
        "2000000, 8, ATTENTION_REPLICATED"
    })
    void takesFewerCollectivesTheLongerOneTakes(long latencyNanos, int worldSize, ShardPlan plan) {
        PlanChoice choice = choose(latencyNanos, worldSize);
        assertThat(choice.terms().plan()).as(choice.reason()).isEqualTo(plan);
        for (ShardPlan each : ShardPlan.values()) {
            assertThat(choice.reason()).contains(each.label());
        }
    }

    @Test
    void doesAsItIsTold() {
        PlanChoice choice = PlanChoice.of(
                Optional.of(ShardPlan.OUTPUT_REPLICATED),
                SHAPE,
                new PlanChoice.Costs(INPUTS, OUTPUT, 10e9),
                4,
                new LinkSpeed(1, 1e9));
        assertThat(choice)
                .isEqualTo(new PlanChoice(
                        new Agreement.Terms(ShardPlan.OUTPUT_REPLICATED, Integer.MAX_VALUE, true), "asked for"));
    }

    @ParameterizedTest
    @CsvSource({"1500, 2, 3", "30000, 2, 47", "30000, 4, 32", "0, 2, 2"})
    void sharesOutTheResidualStreamWhereItsBytesTakeLongerThanItsCollectives(
            long latencyNanos, int worldSize, int tokens) {
        PlanChoice choice = PlanChoice.of(
                Optional.of(ShardPlan.ALL_SPLIT),
                SHAPE,
                new PlanChoice.Costs(INPUTS, OUTPUT, 10e9),
                worldSize,
                new LinkSpeed(latencyNanos, 1e9));
        assertThat(choice.terms().splitFrom()).isEqualTo(tokens);
    }

    @ParameterizedTest
    @CsvSource({"1000, 2, true", "16000, 2, true", "17000, 2, false", "1000, 3, true", "1000, 4, true", "1000, 5, false"
    })
    void exchangesKeysAndValuesWhereRanksShareHeadsAndTheLinkIsFasterThanComputingThem(
            long latencyNanos, int worldSize, boolean exchanges) {
        PlanChoice choice = PlanChoice.of(
                Optional.of(ShardPlan.ALL_SPLIT),
                SHAPE,
                new PlanChoice.Costs(INPUTS, OUTPUT, 10e9),
                worldSize,
                new LinkSpeed(latencyNanos, 1e9));
        assertThat(choice.terms().exchangesKv()).isEqualTo(exchanges);
    }

    @Test
    void hasNothingToChooseForOneRank() {
        assertThat(PlanChoice.of(
                                Optional.empty(), SHAPE, new PlanChoice.Costs(INPUTS, OUTPUT, 10e9), 1, LinkSpeed.ALONE)
                        .terms())
                .isEqualTo(Agreement.Terms.ANY);
    }

    @Test
    void measuresAPlausibleReadSpeed() {
        assertThat(ReadSpeed.bytesPerSecond()).isBetween(1e7, 1e13);
    }
}
