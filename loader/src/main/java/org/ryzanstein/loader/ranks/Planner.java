package org.ryzanstein.loader.ranks;

import java.util.Optional;
import org.ryzanstein.api.comm.LinkSpeed;
import org.ryzanstein.loader.cluster.ShardPlan;
import org.ryzanstein.loader.format.Hyperparameters;
import org.ryzanstein.loader.model.Architectures;
import org.ryzanstein.loader.parallel.Shard;

/**
 * Chooses the plan of each group of a leader.
 *
 * @param forced the plan that the user insists on
 * @param shape of the model
 * @param costs what a decode step reads of the attention
 */
record Planner(Optional<ShardPlan> forced, Hyperparameters shape, PlanChoice.Costs costs) {
    PlanChoice choose(int worldSize, LinkSpeed link) {
        return PlanChoice.of(forced, shape, costs, worldSize, link);
    }

    /** What is shared out. */
    Shard.Sizes sizes() {
        return Architectures.sizes(shape);
    }
}
