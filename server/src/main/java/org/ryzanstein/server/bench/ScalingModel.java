package org.ryzanstein.server.bench;

import org.ryzanstein.loader.cluster.ShardPlan;
import org.ryzanstein.loader.parallel.Shard;

/**
 * Predicts a decode step over several hosts, each with as much memory bandwidth as the one that was measured:
 *
 * <pre>
 * compute   what the rank with the most weights must read / bandwidth
 * latency   (collectives a layer * layers + the step from the leader + the results to it) * latency of a collective
 * payload   what a rank sends to all others / speed of the link
 * </pre>
 *
 * <p>It is a bound, not a simulation: ranks are assumed never to wait for a slower one, norms and other replicated work to take no
 * time of their own, and sums to take two bytes each on the wire.
 *
 * @param layerBytes weights of all layers that a step reads
 * @param headBytes weights of the output head that a greedy step reads
 * @param bytesPerSecond of weights that one host reads while it decodes alone
 */
record ScalingModel(Shape shape, long layerBytes, long headBytes, double bytesPerSecond) {
    /** The step's own message and its results. */
    private static final int MESSAGES_A_STEP = 2;

    private static final int SUM_BYTES = Short.BYTES;

    /**
     * Sizes of a transformer.
     *
     * @param ternary whether its output projections are summed over ranks, not gathered
     */
    record Shape(int layers, Shard.Sizes sizes, int headDim, boolean ternary) {
        private long attentionInputs(long heads, long kvHeads) {
            return (heads + 2 * kvHeads) * headDim * sizes.hidden();
        }

        private long attentionOutput(long heads) {
            return heads * headDim * sizes.hidden();
        }

        private long feedForward(long units) {
            return 3 * units * sizes.hidden();
        }

        private long layer() {
            return attentionInputs(sizes.heads(), sizes.kvHeads())
                    + attentionOutput(sizes.heads())
                    + feedForward(sizes.feedForward());
        }
    }

    /**
     * What connects hosts.
     *
     * @param latency seconds of a small exchange between processes, software included
     */
    record Link(String name, double latency, double bytesPerSecond) {}

    /** A step of one host. */
    double secondsAlone() {
        return (layerBytes + headBytes) / bytesPerSecond;
    }

    /** Share of the weights that the rank with the most of them reads. */
    double largestShare(ShardPlan plan, int ranks) {
        double most = 0;
        for (int rank = 0; rank < ranks; rank++) {
            Shard shard = Shard.of(shape.sizes(), rank, ranks, plan);
            double output = shard.replicatesAttentionOutput()
                    ? shape.attentionOutput(shape.sizes().heads())
                    : shape.ternary()
                            ? shape.attentionOutput(shard.ownHeads().count())
                            : (double) shape.attentionOutput(shape.sizes().heads())
                                    * shard.ownHidden().count()
                                    / shape.sizes().hidden();
            double layers = (shape.attentionInputs(
                                    shard.ownHeads().count(), shard.ownKvHeads().count())
                            + output
                            + shape.feedForward(shard.ownUnits().count()))
                    / shape.layer();
            double head = (double) shard.ownTokens().count() / shape.sizes().vocabulary();
            most = Math.max(most, layers * layerBytes + head * headBytes);
        }
        return most / (layerBytes + headBytes);
    }

    int collectives(ShardPlan plan) {
        return shape.layers() * plan.collectivesPerLayer() + MESSAGES_A_STEP;
    }

    /** Bytes that a rank sends in a step: each other rank gets them. */
    long payloadBytes(ShardPlan plan, int ranks) {
        long heads = (long) Math.ceilDiv(shape.sizes().heads(), ranks) * shape.headDim() * Float.BYTES;
        long units = (long) Math.ceilDiv(shape.sizes().feedForward(), ranks) * Float.BYTES;
        long hidden = shape.ternary()
                ? (long) shape.sizes().hidden() * SUM_BYTES
                : (long) Math.ceilDiv(shape.sizes().hidden(), ranks) * Float.BYTES;
        long attention = switch (plan) {
            case ALL_SPLIT -> shape.ternary() ? hidden : heads + hidden;
            case OUTPUT_REPLICATED -> heads;
            case ATTENTION_REPLICATED -> 0;
        };
        long feedForward = shape.ternary() ? hidden : units + hidden;
        return shape.layers() * (attention + feedForward) * (ranks - 1);
    }

    double seconds(ShardPlan plan, int ranks, Link link) {
        return secondsAlone() * largestShare(plan, ranks)
                + collectives(plan) * link.latency()
                + payloadBytes(plan, ranks) / link.bytesPerSecond();
    }

    double speedup(ShardPlan plan, int ranks, Link link) {
        return secondsAlone() / seconds(plan, ranks, link);
    }

    /** The quickest plan over this link. */
    ShardPlan best(int ranks, Link link) {
        ShardPlan best = ShardPlan.ALL_SPLIT;
        for (ShardPlan plan : ShardPlan.values()) {
            if (seconds(plan, ranks, link) < seconds(best, ranks, link)) {
                best = plan;
            }
        }
        return best;
    }

    /**
     * Up to which latency of a collective so many ranks are so much faster than one, with whichever plan bears most.
     *
     * @return seconds; negative if they are not even without any latency
     */
    double latencyFor(double speedup, int ranks, double linkBytesPerSecond) {
        double most = Double.NEGATIVE_INFINITY;
        for (ShardPlan plan : ShardPlan.values()) {
            double left = secondsAlone() / speedup
                    - secondsAlone() * largestShare(plan, ranks)
                    - payloadBytes(plan, ranks) / linkBytesPerSecond;
            most = Math.max(most, left / collectives(plan));
        }
        return most;
    }
}
