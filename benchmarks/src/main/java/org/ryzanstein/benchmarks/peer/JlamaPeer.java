package org.ryzanstein.benchmarks.peer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.github.tjake.jlama.model.AbstractModel;
import com.github.tjake.jlama.model.ModelSupport;
import com.github.tjake.jlama.safetensors.DType;
import com.github.tjake.jlama.safetensors.SafeTensorSupport;
import com.github.tjake.jlama.tensor.AbstractTensor;
import com.github.tjake.jlama.tensor.KvBufferCache;
import com.github.tjake.jlama.tensor.operations.TensorOperationsProvider;
import java.io.File;
import java.io.IOException;
import java.util.Optional;
import java.util.SplittableRandom;

/**
 * Jlama ({@code com.github.tjake:jlama-core}) with its Vector API kernels. It reads directories as published on the hub, in
 * floats or in its own Q4 and I8; activations are I8 with Q4, as usual there, and F32 otherwise: its Vector API kernels know no
 * other pairs.
 *
 * <p>Prefill and decode go through the model's own forward pass by token ids, without tokenizer and delivery, which favours it a
 * little. A prefill ends with the first token chosen, as everywhere in these measurements.
 */
public final class JlamaPeer implements Peer {
    private final SplittableRandom random = new SplittableRandom(1);
    private final AbstractModel model;
    private final KvBufferCache cache;
    private final AbstractTensor<?, ?> logits;

    private JlamaPeer(AbstractModel model) {
        this.model = model;
        this.cache = new KvBufferCache(model);
        this.logits = model.makeDenseTensor(model.getConfig().vocabularySize);
    }

    /** Serves requests until the input ends. */
    public static void main(String[] arguments) throws IOException {
        PeerLoop.serve(JlamaPeer::open);
    }

    private static Peer open(JsonNode request) {
        File folder = new File(request.path("model").asText());
        DType weights = SafeTensorSupport.loadWeights(folder).getModelDType();
        return new JlamaPeer(ModelSupport.loadModel(
                folder,
                null,
                DType.F32,
                weights == DType.Q4 ? DType.I8 : DType.F32,
                Optional.empty(),
                Optional.of(request.path("threads").asInt())));
    }

    @Override
    public void describe(ObjectNode answer) {
        answer.put("backend", "jlama")
                .put("kernels", TensorOperationsProvider.get().name());
    }

    @Override
    public double prefill(int tokens) {
        int[] prompt = random.ints(tokens, 0, model.getConfig().vocabularySize).toArray();
        try (KvBufferCache.KvBuffer kv = cache.getEphemeralKvBuffer()) {
            long start = System.nanoTime();
            sample(model.batchForward(prompt, 0, kv));
            return (System.nanoTime() - start) / 1e9;
        }
    }

    @Override
    public double decode(int tokens) {
        int[] prompt = random.ints(1, 0, model.getConfig().vocabularySize).toArray();
        try (KvBufferCache.KvBuffer kv = cache.getEphemeralKvBuffer()) {
            int next = sample(model.batchForward(prompt, 0, kv));
            long start = System.nanoTime();
            for (int position = 1; position <= tokens; position++) {
                next = sample(model.forward(next, position, kv, Optional.empty()));
            }
            return (System.nanoTime() - start) / 1e9;
        }
    }

    /** The most probable token after the last row. */
    private int sample(AbstractTensor<?, ?> rows) {
        try (rows;
                AbstractTensor<?, ?> last = rows.slice(rows.shape().first() - 1)) {
            return model.sample(last, 0f, 0f, logits);
        }
    }
}
