package org.ryzanstein.server.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.ryzanstein.loader.cluster.ShardPlan;
import org.ryzanstein.loader.parallel.Shard;
import org.ryzanstein.server.bench.ScalingModel.Link;
import org.ryzanstein.server.bench.ScalingModel.Shape;

class ScalingModelTest {
    private static final Link NONE = new Link("none", 0, Double.POSITIVE_INFINITY);
    /** Everything divides by 8; 10 ms alone. */
    private final ScalingModel even = model(new Shape(10, new Shard.Sizes(8, 8, 1024, 1024, 1280), 128, true));

    private static ScalingModel model(Shape shape) {
        return new ScalingModel(shape, 80_000_000, 20_000_000, 1e10);
    }

    @Test
    void weightsThatComeOutEvenAreSharedEvenly() {
        assertThat(even.secondsAlone()).isEqualTo(0.01);
        assertThat(even.largestShare(ShardPlan.ALL_SPLIT, 1)).isEqualTo(1);
        assertThat(even.largestShare(ShardPlan.ALL_SPLIT, 8)).isCloseTo(0.125, within(1e-12));
        assertThat(even.speedup(ShardPlan.ALL_SPLIT, 8, NONE)).isCloseTo(8, within(1e-9));
    }

    @Test
    void whatEachRankHoldsWholeIsNotShared() {
        // A layer has 3 + 1 + 3 equal matrices, and layers are four fifths of the weights.
        assertThat(even.largestShare(ShardPlan.OUTPUT_REPLICATED, 2)).isCloseTo(0.1 + 0.8 * 4 / 7, within(1e-12));
        assertThat(even.largestShare(ShardPlan.ATTENTION_REPLICATED, 2)).isCloseTo(0.1 + 0.8 * 5.5 / 7, within(1e-12));
    }

    @Test
    void aStraddledKeyHeadIsReadTwice() {
        // Of 4 + 1 + 1 heads, the first rank has 2 + 1 + 1.
        ScalingModel straddled = model(new Shape(1, new Shard.Sizes(4, 1, 256, 256, 512), 64, true));
        double layer = (4 + 2 + 4) * 64 + 3 * 256;
        assertThat(straddled.largestShare(ShardPlan.ALL_SPLIT, 2))
                .isCloseTo(0.8 * ((2 + 2 + 2) * 64 + 3 * 128) / layer + 0.1, within(1e-12));
    }

    @Test
    void latencyAndPayloadAreAdded() {
        assertThat(even.collectives(ShardPlan.ALL_SPLIT)).isEqualTo(42);
        assertThat(even.collectives(ShardPlan.ATTENTION_REPLICATED)).isEqualTo(22);
        // Two sums of 1024 numbers in 10 layers, to three others.
        assertThat(even.payloadBytes(ShardPlan.ALL_SPLIT, 4)).isEqualTo(10 * 2 * 2048 * 3);
        assertThat(even.payloadBytes(ShardPlan.OUTPUT_REPLICATED, 2)).isEqualTo(10 * (2048 + 2048));
        assertThat(even.seconds(ShardPlan.ALL_SPLIT, 4, new Link("x", 1e-5, 1e9)))
                .isCloseTo(0.0025 + 42e-5 + 122_880e-9, within(1e-12));
    }

    @Test
    void otherWeightsGatherInsteadOfAdding() {
        ScalingModel gathered = model(new Shape(10, new Shard.Sizes(8, 8, 1024, 1024, 1280), 128, false));
        assertThat(gathered.payloadBytes(ShardPlan.ALL_SPLIT, 2)).isEqualTo(10 * 4 * 2048);
        assertThat(gathered.largestShare(ShardPlan.ALL_SPLIT, 2)).isCloseTo(0.5, within(1e-12));
    }

    @Test
    void plansWithFewerCollectivesWinWhereLatencyIsHigh() {
        assertThat(even.best(2, new Link("quick", 1e-7, 1e11))).isEqualTo(ShardPlan.ALL_SPLIT);
        assertThat(even.best(2, new Link("slow", 1e-3, 1e11))).isEqualTo(ShardPlan.ATTENTION_REPLICATED);
    }

    @Test
    void atTheLatencyForASpeedUpItIsReached() {
        double latency = even.latencyFor(1.5, 2, 1e10);
        Link link = new Link("just", latency, 1e10);
        assertThat(even.speedup(even.best(2, link), 2, link)).isCloseTo(1.5, within(1e-9));
        assertThat(even.latencyFor(2.1, 2, 1e10)).isNegative();
    }

    @Test
    void theForecastNamesTheLinkThatEachTargetNeeds() {
        ObjectNode forecast = ScalingForecast.json(even);
        assertThat(forecast.path("predictions")).hasSize(9);
        assertThat(forecast.path("targets")).hasSize(9);
        JsonNode gain = forecast.path("targets").get(2);
        assertThat(gain.path("what").asText()).isEqualTo("any gain");
        assertThat(gain.path("link").asText()).isEqualTo("10 GbE, kernel TCP");
        // No latency makes up for what the links' payload costs 8 hosts beyond 7.5 times.
        assertThat(forecast.path("targets").get(6).has("link")).isFalse();
    }

    @Test
    void knowsTheEmbeddedModel() {
        Shape shape = ScalingForecast.shapeOf(Optional.empty());
        assertThat(shape.ternary()).isTrue();
        assertThat(List.of(shape.layers(), shape.headDim()))
                .allSatisfy(size -> assertThat(size).isPositive());
    }
}
