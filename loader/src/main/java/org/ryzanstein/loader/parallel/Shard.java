package org.ryzanstein.loader.parallel;

import java.util.stream.IntStream;
import org.ryzanstein.api.numerics.ContractMath;
import org.ryzanstein.loader.cluster.ShardPlan;

/**
 * The part of a model that one rank holds (docs/distributed.md). Attention is shared out by query heads, and a KV head goes to
 * every rank that has one of its query heads; the feed-forward network by units of {@value #NORM_UNIT}; the output
 * head by tokens.
 */
public final class Shard {
    /** What a norm reads goes to ranks in blocks of its sum of squares. */
    static final int NORM_UNIT = ContractMath.NORM_BLOCK;
    /** Rows of a weight matrix go to ranks in such groups, the width of the widest vector of floats. */
    static final int ROW_UNIT = 16;

    private final int rank;
    private final ShardPlan plan;
    private final Split heads;
    private final Split feedForward;
    private final Split hidden;
    private final Split residual;
    private final Split vocabulary;
    private final int headsPerKvHead;
    private final boolean exchangesKv;

    private Shard(
            int rank,
            ShardPlan plan,
            Split heads,
            Split feedForward,
            Split hidden,
            Split residual,
            Split vocabulary,
            int headsPerKvHead,
            boolean exchangesKv) {
        this.rank = rank;
        this.plan = plan;
        this.heads = heads;
        this.feedForward = feedForward;
        this.hidden = hidden;
        this.residual = residual;
        this.vocabulary = vocabulary;
        this.headsPerKvHead = headsPerKvHead;
        this.exchangesKv = exchangesKv;
    }

    /** Sizes of a model that are shared out. */
    public record Sizes(int heads, int kvHeads, int feedForward, int hidden, int vocabulary) {}

    /** The whole model, on a rank of its own. */
    public static Shard whole(Sizes sizes) {
        return of(sizes, 0, 1, ShardPlan.ALL_SPLIT);
    }

    public static Shard of(Sizes sizes, int rank, int worldSize, ShardPlan plan) {
        if (rank < 0 || rank >= worldSize) {
            throw new IllegalArgumentException("rank " + rank + " of " + worldSize);
        }
        Split heads = plan == ShardPlan.ATTENTION_REPLICATED
                ? Split.replicated(sizes.heads(), worldSize)
                : Split.even(sizes.heads(), 1, worldSize);
        return new Shard(
                rank,
                plan,
                heads,
                Split.even(sizes.feedForward(), NORM_UNIT, worldSize),
                Split.even(sizes.hidden(), ROW_UNIT, worldSize),
                Split.even(sizes.hidden(), NORM_UNIT, worldSize),
                Split.even(sizes.vocabulary(), ROW_UNIT, worldSize),
                sizes.heads() / sizes.kvHeads(),
                false);
    }

    /** The same part, where ranks do or do not give each other the keys and values of KV heads that several of them hold. */
    public Shard exchangingKv(boolean exchanges) {
        return new Shard(rank, plan, heads, feedForward, hidden, residual, vocabulary, headsPerKvHead, exchanges);
    }

    public int rank() {
        return rank;
    }

    public int worldSize() {
        return heads.ranks();
    }

    /** Whether it is the whole model. */
    public boolean isWhole() {
        return worldSize() == 1;
    }

    public ShardPlan plan() {
        return plan;
    }

    /** Query heads. */
    public Split heads() {
        return heads;
    }

    /** Units of the feed-forward network. */
    public Split feedForward() {
        return feedForward;
    }

    /** Rows of output projections, where these are shared out by rows. */
    public Split hidden() {
        return hidden;
    }

    /** Columns of the residual stream, in steps that share it out. */
    public Split residual() {
        return residual;
    }

    /** Tokens of the output head. */
    public Split vocabulary() {
        return vocabulary;
    }

    /** This rank's query heads. */
    public Range ownHeads() {
        return heads.of(rank);
    }

    /** The KV heads that this rank's query heads read; neighbours may hold the outermost ones too. */
    public Range ownKvHeads() {
        return kvHeads(rank);
    }

    private Range kvHeads(int each) {
        Range queries = heads.of(each);
        if (queries.isEmpty()) {
            return new Range(0, 0);
        }
        int first = queries.first() / headsPerKvHead;
        return new Range(first, (queries.first() + queries.count() - 1) / headsPerKvHead - first + 1);
    }

    /** Whether ranks give each other the keys and values of KV heads that several of them hold, where there are such. */
    public boolean exchangesKv() {
        return exchangesKv;
    }

    /** Which rank computes the keys and values of KV heads that several of them hold. */
    public StraddlingHeads straddlingHeads() {
        Range[] held = IntStream.range(0, worldSize()).mapToObj(this::kvHeads).toArray(Range[]::new);
        return new StraddlingHeads(held, rank, exchangesKv && plan != ShardPlan.ATTENTION_REPLICATED);
    }

    /** For each of this rank's query heads, which of its KV heads it reads. */
    public int[] kvHeadOf() {
        int[] kvHeadOf = new int[ownHeads().count()];
        for (int head = 0; head < kvHeadOf.length; head++) {
            kvHeadOf[head] =
                    (ownHeads().first() + head) / headsPerKvHead - ownKvHeads().first();
        }
        return kvHeadOf;
    }

    /** This rank's units of the feed-forward network. */
    public Range ownUnits() {
        return feedForward.of(rank);
    }

    /** This rank's rows of output projections that are shared out by rows. */
    public Range ownHidden() {
        return hidden.of(rank);
    }

    /** This rank's tokens of the output head. */
    public Range ownTokens() {
        return vocabulary.of(rank);
    }

    /** Whether each rank holds all of the attention's output projections. */
    public boolean replicatesAttentionOutput() {
        return plan != ShardPlan.ALL_SPLIT;
    }

    /** What it holds, such as {@code heads 0-9 of 20 (KV 0-2), FFN 0-3455 of 6912, tokens 0-64127 of 128256}. */
    public String describe() {
        String kv = ownHeads().isEmpty() ? "" : " (KV " + ownKvHeads() + ")";
        return "heads " + part(heads) + kv + ", FFN " + part(feedForward) + ", tokens " + part(vocabulary);
    }

    private String part(Split split) {
        return split.of(rank) + " of " + split.size();
    }
}
