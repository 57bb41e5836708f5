package org.ryzanstein.loader.quantize;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.ryzanstein.loader.format.GgufWriter;
import org.ryzanstein.loader.format.HubModelFile;
import org.ryzanstein.loader.format.Hyperparameters;
import org.ryzanstein.loader.format.ModelFile;
import org.ryzanstein.loader.format.ModelFormatException;
import org.ryzanstein.loader.model.RopeScaling;
import org.ryzanstein.loader.tokenizer.GgufVocabulary;

/** Writes what a hub directory's JSON files say under the keys that GGUF has for it, as llama.cpp's converter does. */
final class HubMetadata {
    private static final float DEFAULT_BETA_FAST = 32;
    private static final float DEFAULT_BETA_SLOW = 1;

    private final HubModelFile model;
    private final Hyperparameters shape;
    private final String architecture;
    private final Optional<RopeScaling> scaling;

    /** Refuses what no key of GGUF can say. */
    HubMetadata(HubModelFile model, Hyperparameters shape) {
        this.model = model;
        this.shape = shape;
        this.architecture = model.architecture();
        boolean bitnet = architecture.equals(ModelFile.BITNET_B158);
        String activation = bitnet ? "relu2" : "silu";
        if (!shape.activation().orElse(activation).equals(activation)) {
            throw ModelFormatException.of(
                    model.source(), "hidden_act", shape.activation().get(), activation);
        }
        if (bitnet && !shape.ropeScaling().isEmpty()) {
            throw ModelFormatException.of(
                    model.source(), "rope scaling", shape.ropeScaling().toString(), "none for this architecture");
        }
        this.scaling = RopeScaling.of(model.source(), shape);
    }

    void addShape(GgufWriter writer) {
        String prefix = architecture + ".";
        writer.text("general.architecture", architecture)
                .text("general.name", model.name())
                .uint32(prefix + "vocab_size", shape.vocabularySize())
                .uint32(prefix + "context_length", shape.contextLength())
                .uint32(prefix + "embedding_length", shape.hiddenSize())
                .uint32(prefix + "block_count", shape.layers())
                .uint32(prefix + "feed_forward_length", shape.feedForwardSize())
                .uint32(prefix + "rope.dimension_count", shape.ropeDimension())
                .uint32(prefix + "attention.head_count", shape.heads())
                .uint32(prefix + "attention.head_count_kv", shape.kvHeads())
                .float32(prefix + "attention.layer_norm_rms_epsilon", shape.normEpsilon())
                .float32(prefix + "rope.freq_base", shape.ropeBase());
        if (shape.heads() * shape.headDim() != shape.hiddenSize()) {
            writer.uint32(prefix + "attention.key_length", shape.headDim())
                    .uint32(prefix + "attention.value_length", shape.headDim());
        }
        scaling.ifPresent(found -> addScaling(writer, prefix + "rope.scaling.", found));
    }

    private void addScaling(GgufWriter writer, String prefix, RopeScaling found) {
        switch (found) {
            case RopeScaling.Linear linear ->
                writer.text(prefix + "type", "linear").float32(prefix + "factor", (float) linear.factor());
            case RopeScaling.Yarn yarn -> {
                writer.text(prefix + "type", "yarn")
                        .float32(prefix + "factor", (float) yarn.factor())
                        .uint32(prefix + "original_context_length", (int) yarn.originalContext());
                // GGUF's factor multiplies the one that follows from the scaling.
                double usual = yarn.factor() <= 1 ? 1 : 0.1 * StrictMath.log(yarn.factor()) + 1;
                float attention = (float) (yarn.attentionFactor() / usual);
                if (attention != 1) {
                    writer.float32(prefix + "attn_factor", attention);
                }
                if (yarn.betaFast() != DEFAULT_BETA_FAST) {
                    writer.float32(prefix + "yarn_beta_fast", (float) yarn.betaFast());
                }
                if (yarn.betaSlow() != DEFAULT_BETA_SLOW) {
                    writer.float32(prefix + "yarn_beta_slow", (float) yarn.betaSlow());
                }
            }
            case RopeScaling.Llama3 stated -> {
                // It becomes a tensor.
            }
        }
    }

    /** Llama 3's scaling as GGUF has it: what each rotary frequency is divided by. */
    Optional<float[]> ropeFactors() {
        if (scaling.isEmpty() || !(scaling.get() instanceof RopeScaling.Llama3 llama3)) {
            return Optional.empty();
        }
        double[] plain = new double[shape.ropeDimension() / 2];
        Arrays.setAll(plain, i -> StrictMath.pow(shape.ropeBase(), -2.0 * i / shape.ropeDimension()));
        double[] scaled = plain.clone();
        llama3.apply(scaled);
        float[] factors = new float[plain.length];
        for (int i = 0; i < factors.length; i++) {
            factors[i] = (float) (plain[i] / scaled[i]);
        }
        return Optional.of(factors);
    }

    /** Adds the tokenizer and the chat template; returns what they could not say. */
    List<String> addTokenizer(GgufWriter writer) {
        GgufVocabulary vocabulary = GgufVocabulary.ofHub(model.directory().path(), shape.vocabularySize());
        vocabulary.addTo(writer);
        model.chatTemplate().ifPresent(template -> writer.text("tokenizer.chat_template", template));
        return vocabulary.notes();
    }
}
