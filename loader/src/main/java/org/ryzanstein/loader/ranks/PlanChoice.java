package org.ryzanstein.loader.ranks;

import java.util.Locale;
import java.util.Optional;
import org.ryzanstein.api.comm.LinkSpeed;
import org.ryzanstein.loader.cluster.ShardPlan;
import org.ryzanstein.loader.format.Hyperparameters;
import org.ryzanstein.loader.format.ModelFile;
import org.ryzanstein.loader.format.TensorInfo;
import org.ryzanstein.loader.format.TensorName;
import org.ryzanstein.loader.format.TensorRole;
import org.ryzanstein.loader.model.Architectures;
import org.ryzanstein.loader.parallel.Shard;

/**
 * The plan with the least predicted time of a decode step, of what differs between plans: the attention's weights that each
 * rank reads, and the collectives. A rank reads {@code bytes / bandwidth}; a collective takes the measured latency and its
 * payload at the measured speed.
 *
 * @param terms the plan, and what else the ranks must agree on
 * @param reason the prediction in words
 */
record PlanChoice(Agreement.Terms terms, String reason) {
    /** System property of the leader: {@link Agreement.Terms#splitFrom}, whatever was measured. */
    static final String SPLIT_PROPERTY = "ryzanstein.ranks.split-residual-from";

    /** System property of the leader: {@link Agreement.Terms#exchangesKv}, whatever was measured. */
    static final String KV_PROPERTY = "ryzanstein.ranks.exchange-kv";

    /** Of a collective's latency, what ranks wait that rotate their queries meanwhile. */
    private static final double NOT_HIDDEN = 0.5;

    /** No step has so many tokens. */
    private static final int NEVER = Integer.MAX_VALUE;

    /**
     * What a decode step reads of the attention.
     *
     * @param inputs bytes of one layer's query, key and value weights in the file
     * @param output bytes of its output projection
     * @param bandwidth bytes of weights that a rank reads in a second
     */
    record Costs(long inputs, long output, double bandwidth) {
        static Costs of(ModelFile file, double bandwidth) {
            return new Costs(
                    bytes(file, TensorRole.ATTENTION_QUERY)
                            + bytes(file, TensorRole.ATTENTION_KEY)
                            + bytes(file, TensorRole.ATTENTION_VALUE),
                    bytes(file, TensorRole.ATTENTION_OUTPUT),
                    bandwidth);
        }

        private static long bytes(ModelFile file, TensorRole role) {
            TensorInfo tensor = file.tensors().get(file.sources().nameInFile(TensorName.of(role, 0)));
            return tensor == null ? 0 : tensor.data().byteSize();
        }
    }

    /**
     * Chooses.
     *
     * @param forced the plan that the user insists on
     */
    static PlanChoice of(
            Optional<ShardPlan> forced, Hyperparameters shape, Costs costs, int worldSize, LinkSpeed link) {
        if (forced.isPresent()) {
            return of(forced.get(), shape, costs, worldSize, link, "asked for");
        }
        if (worldSize == 1) {
            return of(ShardPlan.ALL_SPLIT, shape, costs, worldSize, link, "one rank holds everything");
        }
        ShardPlan best = ShardPlan.ALL_SPLIT;
        double least = Double.POSITIVE_INFINITY;
        StringBuilder reason = new StringBuilder(String.format(
                Locale.ROOT,
                "attention of a decode step, predicted at %.1f us a collective and %.1f GB/s of weights:",
                link.latencyNanos() / 1e3,
                costs.bandwidth() / 1e9));
        for (ShardPlan plan : ShardPlan.values()) {
            double seconds = shape.layers() * layerSeconds(plan, shape, costs, worldSize, link);
            reason.append(String.format(Locale.ROOT, " %s %.3f ms", plan.label(), seconds * 1e3));
            if (seconds < least) {
                least = seconds;
                best = plan;
            }
        }
        return of(best, shape, costs, worldSize, link, reason.toString());
    }

    private static PlanChoice of(
            ShardPlan plan, Hyperparameters shape, Costs costs, int worldSize, LinkSpeed link, String reason) {
        Agreement.Terms terms = new Agreement.Terms(
                plan, splitFrom(plan, shape, worldSize, link), exchangesKv(plan, shape, costs, worldSize, link));
        return new PlanChoice(terms, reason);
    }

    /**
     * From where the bytes that it saves take longer than its further collectives. A rank sends of each column of a token, in (n - 1)
     * / n of the cases, 2 x 2 bytes for an all-reduce of sums, which mostly fit 16 bits; else 2 bytes for the
     * reduce-scatter and 1 for the digits. The statistics and the digits are a collective each.
     */
    private static int splitFrom(ShardPlan plan, Hyperparameters shape, int worldSize, LinkSpeed link) {
        if (worldSize == 1 || plan != ShardPlan.ALL_SPLIT) {
            return NEVER;
        }
        String forced = System.getProperty(SPLIT_PROPERTY);
        if (forced != null) {
            return tokens(forced);
        }
        double savedBytes = (double) shape.hiddenSize() * (worldSize - 1) / worldSize;
        double collectives = 2 * link.latencyNanos() * 1e-9;
        return (int) Math.ceil(Math.max(2, collectives * link.bytesPerSecond() / savedBytes));
    }

    /** If the keys or values of one head take longer to compute in a decode step than to wait for. */
    private static boolean exchangesKv(
            ShardPlan plan, Hyperparameters shape, Costs costs, int worldSize, LinkSpeed link) {
        Shard shard = Shard.of(Architectures.sizes(shape), 0, worldSize, plan).exchangingKv(true);
        if (!shard.straddlingHeads().areExchanged()) {
            return false;
        }
        String forced = System.getProperty(KV_PROPERTY);
        if (forced != null) {
            return switch (forced) {
                case "true" -> true;
                case "false" -> false;
                default -> throw new IllegalArgumentException(KV_PROPERTY + "=" + forced + ", expected true or false");
            };
        }
        double head = (double) costs.inputs() / (shape.heads() + 2 * shape.kvHeads());
        return head / costs.bandwidth() > NOT_HIDDEN * link.latencyNanos() * 1e-9;
    }

    private static int tokens(String forced) {
        try {
            int tokens = Integer.parseInt(forced);
            if (tokens > 0) {
                return tokens;
            }
        } catch (NumberFormatException e) {
            // Refused below, like zero.
        }
        throw new IllegalArgumentException(SPLIT_PROPERTY + "=" + forced + ", expected tokens, 1 or more");
    }

    private static double layerSeconds(
            ShardPlan plan, Hyperparameters shape, Costs costs, int worldSize, LinkSpeed link) {
        double inputs = costs.inputs() / costs.bandwidth();
        double output = costs.output() / costs.bandwidth();
        long row = (long) shape.hiddenSize() * Float.BYTES;
        long heads = (long) shape.heads() * shape.headDim() * Float.BYTES;
        return switch (plan) {
            case ALL_SPLIT -> (inputs + output) / worldSize + link.seconds(64) + link.seconds(row);
            case OUTPUT_REPLICATED -> inputs / worldSize + output + link.seconds(heads / worldSize);
            case ATTENTION_REPLICATED -> inputs + output;
        };
    }
}
