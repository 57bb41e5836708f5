package org.ryzanstein.loader.cluster;

import java.util.Arrays;
import java.util.stream.Collectors;

/**
 * How the layers of a model are shared out among ranks. Each plan gives the same bits; they differ in how often the ranks
 * must exchange something and in how much each of them holds.
 */
public enum ShardPlan {
    /** Attention heads, output projections and feed-forward units: 4 collectives a layer. */
    ALL_SPLIT(4),
    /** As above, but each rank holds the whole output projection of the attention: 3 collectives a layer. */
    OUTPUT_REPLICATED(3),
    /** Only the feed-forward units; each rank computes the whole attention: 2 collectives a layer. */
    ATTENTION_REPLICATED(2);

    private final int collectivesPerLayer;

    ShardPlan(int collectivesPerLayer) {
        this.collectivesPerLayer = collectivesPerLayer;
    }

    public int collectivesPerLayer() {
        return collectivesPerLayer;
    }

    /**
     * The plan of this name, as {@link #label} gives it.
     *
     * @throws IllegalArgumentException if there is none
     */
    public static ShardPlan of(String label) {
        for (ShardPlan plan : values()) {
            if (plan.label().equals(label)) {
                return plan;
            }
        }
        throw new IllegalArgumentException("plan: found " + label + ", expected one of "
                + Arrays.stream(values()).map(ShardPlan::label).collect(Collectors.joining(", ")));
    }

    /** Its name on the command line and in reports. */
    public String label() {
        return switch (this) {
            case ALL_SPLIT -> "all-split";
            case OUTPUT_REPLICATED -> "output-replicated";
            case ATTENTION_REPLICATED -> "attention-replicated";
        };
    }
}
