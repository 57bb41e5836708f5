package org.ryzanstein.loader.model;

import java.util.EnumSet;
import org.jspecify.annotations.Nullable;
import org.ryzanstein.api.kernel.Buffer;
import org.ryzanstein.api.kernel.ElementType;
import org.ryzanstein.api.kernel.HeadOutput;
import org.ryzanstein.api.kernel.KernelBackend;
import org.ryzanstein.api.kernel.MatrixUse;
import org.ryzanstein.api.kernel.MatrixWeights;
import org.ryzanstein.api.kernel.RowSet;
import org.ryzanstein.api.kernel.StepRecorder;
import org.ryzanstein.api.kernel.VectorWeights;
import org.ryzanstein.loader.format.Hyperparameters;
import org.ryzanstein.loader.format.TensorName;
import org.ryzanstein.loader.format.TensorRole;
import org.ryzanstein.loader.parallel.Exchange;
import org.ryzanstein.loader.parallel.Range;
import org.ryzanstein.loader.parallel.Shard;

/**
 * The two ends of a transformer: from token ids to the residual stream, and from it to what is wanted of the logits. The head
 * is shared out by tokens; each rank looks up all tokens' embeddings itself.
 */
final class EmbeddingAndHead {
    private final MatrixWeights embedding; // (vocabulary, hidden)
    private final VectorWeights outputNorm; // (hidden)
    private final @Nullable MatrixWeights head; // (own tokens, hidden), the embedding itself where they are tied
    private final int firstToken;
    private final float epsilon;
    private final Buffer last; // (outputs, hidden)
    private final HeadOutput output;

    EmbeddingAndHead(
            Hyperparameters shape, Shard shard, WeightPacker weights, KernelBackend backend, ModelLimits limits) {
        int hidden = shape.hiddenSize();
        int vocabulary = shape.vocabularySize();
        Range own = shard.ownTokens();
        firstToken = own.first();
        boolean one = shape.tiedEmbeddings() && shard.isWhole();
        EnumSet<MatrixUse> uses = EnumSet.of(MatrixUse.EMBEDDING);
        if (one) {
            uses.add(MatrixUse.HEAD);
        }
        embedding = weights.table(TensorRole.TOKEN_EMBEDDING, vocabulary, hidden, uses);
        outputNorm = weights.vector(TensorName.of(TensorRole.OUTPUT_NORM), hidden);
        TensorRole role = shape.tiedEmbeddings() ? TensorRole.TOKEN_EMBEDDING : TensorRole.OUTPUT;
        head = one ? embedding : weights.table(role, vocabulary, hidden, own, EnumSet.of(MatrixUse.HEAD));
        epsilon = shape.normEpsilon();
        last = backend.allocate(ElementType.FLOAT32, RowSet.OUTPUTS, limits.maxOutputs(), hidden);
        output = backend.allocateHead(limits.maxOutputs(), Math.max(1, own.count()), limits.maxCandidates());
    }

    /** x = embeddings of the batch's tokens. x: (tokens, hidden). */
    void recordEmbedding(StepRecorder ops, Buffer x) {
        ops.embed(embedding, x);
    }

    /** {@link #output} = head(norm(x)) for the rows whose output is wanted. */
    void recordHead(StepRecorder ops, Buffer x) {
        if (head != null) {
            ops.selectOutputs(x, last);
            recordHeadOfLast(ops, head);
        }
    }

    /** As {@link #recordHead}, where ranks have columns of x. */
    void recordHead(StepRecorder ops, Spread x, Exchange exchange) {
        ops.selectOutputs(x.own(), last.slice(x.range().first(), x.range().count()));
        exchange.gather(ops, last, x.columns());
        if (head != null) {
            recordHeadOfLast(ops, head);
        }
    }

    private void recordHeadOfLast(StepRecorder ops, MatrixWeights weights) {
        ops.rmsNorm(last, outputNorm, epsilon, last);
        ops.head(last, weights, firstToken, output);
    }

    HeadOutput output() {
        return output;
    }
}
