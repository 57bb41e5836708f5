package org.ryzanstein.loader.model;

import java.util.EnumSet;
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

/** The two ends of a transformer: from token ids to the residual stream, and from it to what is wanted of the logits. */
final class EmbeddingAndHead {
    private final MatrixWeights embedding; // (vocabulary, hidden)
    private final VectorWeights outputNorm; // (hidden)
    private final MatrixWeights head; // (vocabulary, hidden), the embedding itself where they are tied
    private final float epsilon;
    private final Buffer last; // (outputs, hidden)
    private final HeadOutput output;

    EmbeddingAndHead(Hyperparameters shape, WeightPacker weights, KernelBackend backend, ModelLimits limits) {
        int hidden = shape.hiddenSize();
        int vocabulary = shape.vocabularySize();
        EnumSet<MatrixUse> uses = EnumSet.of(MatrixUse.EMBEDDING);
        if (shape.tiedEmbeddings()) {
            uses.add(MatrixUse.HEAD);
        }
        embedding = weights.table(TensorRole.TOKEN_EMBEDDING, vocabulary, hidden, uses);
        outputNorm = weights.vector(TensorName.of(TensorRole.OUTPUT_NORM), hidden);
        head = shape.tiedEmbeddings()
                ? embedding
                : weights.table(TensorRole.OUTPUT, vocabulary, hidden, EnumSet.of(MatrixUse.HEAD));
        epsilon = shape.normEpsilon();
        last = backend.allocate(ElementType.FLOAT32, RowSet.OUTPUTS, limits.maxOutputs(), hidden);
        output = backend.allocateHead(limits.maxOutputs(), vocabulary, limits.maxCandidates());
    }

    /** x = embeddings of the batch's tokens. x: (tokens, hidden). */
    void recordEmbedding(StepRecorder ops, Buffer x) {
        ops.embed(embedding, x);
    }

    /** {@link #output} = head(norm(x)) for the rows whose output is wanted. */
    void recordHead(StepRecorder ops, Buffer x) {
        ops.selectOutputs(x, last);
        ops.rmsNorm(last, outputNorm, epsilon, last);
        ops.head(last, head, 0, output);
    }

    HeadOutput output() {
        return output;
    }
}
