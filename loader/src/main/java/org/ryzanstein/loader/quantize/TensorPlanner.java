package org.ryzanstein.loader.quantize;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.ryzanstein.api.weight.WeightSource;
import org.ryzanstein.loader.format.HubModelFile;
import org.ryzanstein.loader.format.Hyperparameters;
import org.ryzanstein.loader.format.ModelFile;
import org.ryzanstein.loader.format.ModelFormatException;
import org.ryzanstein.loader.format.TensorInfo;
import org.ryzanstein.loader.format.TensorName;
import org.ryzanstein.loader.format.TensorRole;
import org.ryzanstein.loader.format.TensorSources;
import org.ryzanstein.loader.format.TensorType;
import org.ryzanstein.loader.progress.ProgressListener;

/** Decides what the file will hold: each tensor with its source, its order of rows and its type. */
final class TensorPlanner {
    private final ModelFile model;
    private final Hyperparameters shape;
    private final QuantizationOptions options;
    private final TensorSources sources;
    private final TypeChooser chooser;
    private final boolean bitnet;
    private final boolean reorder;
    private final List<String> order;
    private final List<PlannedTensor> planned = new ArrayList<>();
    private final List<String> dropped = new ArrayList<>();

    TensorPlanner(ModelFile model, Hyperparameters shape, QuantizationOptions options) {
        this.model = model;
        this.shape = shape;
        this.options = options;
        this.sources = model.sources();
        this.chooser = new TypeChooser(options, shape.layers(), shape.tiedEmbeddings());
        this.bitnet = model.architecture().equals(ModelFile.BITNET_B158);
        boolean hub = model instanceof HubModelFile;
        this.reorder = hub && model.architecture().equals("llama");
        // A hub directory's tensors come from several files; the order of the roles is as good as any.
        this.order = hub ? List.of() : List.copyOf(model.tensors().keySet());
    }

    /**
     * Plans all tensors.
     *
     * @param ropeFactors divisors of the rotary frequencies that the source states in its configuration
     * @throws ModelFormatException naming a tensor that is missing, unknown, or cannot be written as asked for
     */
    List<PlannedTensor> plan(Optional<float[]> ropeFactors, ProgressListener progress) {
        matrix(TensorName.of(TensorRole.TOKEN_EMBEDDING), shape.vocabularySize(), shape.hiddenSize());
        vector(TensorName.of(TensorRole.OUTPUT_NORM), shape.hiddenSize());
        if (!shape.tiedEmbeddings()) {
            matrix(TensorName.of(TensorRole.OUTPUT), shape.vocabularySize(), shape.hiddenSize());
        }
        TensorName factors = TensorName.of(TensorRole.ROPE_FACTORS);
        ropeFactors.ifPresent(values -> add(factors, new VectorSource(factors.gguf(), values)));
        optionalVector(factors, shape.ropeDimension() / 2, false);
        for (int layer = 0; layer < shape.layers(); layer++) {
            progress.progress("reading", layer, shape.layers());
            layer(layer);
        }
        progress.progress("reading", shape.layers(), shape.layers());
        dropped.addAll(sources.refuseUnclaimed());
        if (!order.isEmpty()) {
            planned.sort(Comparator.comparingInt(PlannedTensor::sourceIndex));
        }
        return List.copyOf(planned);
    }

    /** Tensors of the source that follow from its other fields, and are left out. */
    List<String> dropped() {
        return List.copyOf(dropped);
    }

    private void layer(int layer) {
        int hidden = shape.hiddenSize();
        int ffn = shape.feedForwardSize();
        int headDim = shape.headDim();
        int query = shape.heads() * headDim;
        int kv = shape.kvHeads() * headDim;
        boolean biases = model.architecture().equals("qwen2");
        boolean headNorms = model.architecture().equals("qwen3");

        vector(TensorName.of(TensorRole.ATTENTION_NORM, layer), hidden);
        matrix(TensorName.of(TensorRole.ATTENTION_QUERY, layer), query, hidden);
        matrix(TensorName.of(TensorRole.ATTENTION_KEY, layer), kv, hidden);
        matrix(TensorName.of(TensorRole.ATTENTION_VALUE, layer), kv, hidden);
        if (!bitnet) {
            optionalVector(TensorName.of(TensorRole.ATTENTION_QUERY_BIAS, layer), query, biases);
            optionalVector(TensorName.of(TensorRole.ATTENTION_KEY_BIAS, layer), kv, biases);
            optionalVector(TensorName.of(TensorRole.ATTENTION_VALUE_BIAS, layer), kv, biases);
        }
        if (headNorms) {
            vector(TensorName.of(TensorRole.ATTENTION_QUERY_NORM, layer), headDim);
            vector(TensorName.of(TensorRole.ATTENTION_KEY_NORM, layer), headDim);
        }
        if (bitnet) {
            vector(TensorName.of(TensorRole.ATTENTION_SUB_NORM, layer), query);
        }
        matrix(TensorName.of(TensorRole.ATTENTION_OUTPUT, layer), hidden, query);
        vector(TensorName.of(TensorRole.FEED_FORWARD_NORM, layer), hidden);
        matrix(TensorName.of(TensorRole.FEED_FORWARD_GATE, layer), ffn, hidden);
        matrix(TensorName.of(TensorRole.FEED_FORWARD_UP, layer), ffn, hidden);
        if (bitnet) {
            vector(TensorName.of(TensorRole.FEED_FORWARD_SUB_NORM, layer), ffn);
        }
        matrix(TensorName.of(TensorRole.FEED_FORWARD_DOWN, layer), hidden, ffn);
    }

    private void optionalVector(TensorName name, int length, boolean required) {
        if (required || sources.has(name)) {
            vector(name, length);
        }
    }

    private void vector(TensorName name, int length) {
        float[] values = sources.vector(name, length);
        boolean rotated =
                name.role() == TensorRole.ATTENTION_QUERY_BIAS || name.role() == TensorRole.ATTENTION_KEY_BIAS;
        add(
                name,
                new VectorSource(
                        sources.nameInFile(name),
                        reorder && rotated ? Reordered.vector(values, shape.headDim()) : values));
    }

    private void add(TensorName name, VectorSource values) {
        planned.add(planned(
                name,
                List.of((long) values.columns()),
                values,
                values,
                new TypeChooser.Choice(TensorType.F32, Optional.empty())));
    }

    private void matrix(TensorName name, int rows, int columns) {
        boolean end = name.role() == TensorRole.TOKEN_EMBEDDING || name.role() == TensorRole.OUTPUT;
        WeightSource reference = end ? sources.floatsOrBlocks(name, rows, columns) : layerMatrix(name, rows, columns);
        boolean rotated = name.role() == TensorRole.ATTENTION_QUERY || name.role() == TensorRole.ATTENTION_KEY;
        if (reorder && rotated) {
            reference = Reordered.matrix(reference, shape.headDim());
        }
        WeightSource content = reference;
        if (!end && options.ternary() && !(reference instanceof WeightSource.Ternary)) {
            content = MadeTernary.byMeanMagnitude(model.source(), reference);
        }
        TypeChooser.Choice choice;
        try {
            choice = chooser.matrix(name, rows, columns);
        } catch (TypeChooser.UnfitShapeException unfit) {
            throw new ModelFormatException(
                    model.source() + ": " + sources.nameInFile(name) + ": found " + unfit.getMessage()
                            + ", expected another --type; I2_S needs a multiple of 128 weights, TQ1_0 and TQ2_0 rows of a"
                            + " multiple of 256",
                    unfit);
        }
        planned.add(planned(name, List.of((long) rows, (long) columns), reference, content, choice));
    }

    /** A matrix of a layer: ternary where the model was trained so, and checked against what is asked for. */
    private WeightSource layerMatrix(TensorName name, int rows, int columns) {
        WeightSource source = bitnet ? sources.ternary(name, rows, columns) : sources.matrix(name, rows, columns);
        if (source instanceof WeightSource.Ternary) {
            boolean blocks = QuantizationOptions.BLOCK_TYPES.contains(options.type());
            if (blocks && (bitnet || !options.force())) {
                throw ModelFormatException.of(
                        model.source(),
                        sources.nameInFile(name),
                        "ternary weights for type " + options.type(),
                        "one of " + QuantizationOptions.TERNARY_TYPES + ", which keep them without loss"
                                + (bitnet ? "" : ", or --force"));
            }
            return source;
        }
        if (!options.ternary()) {
            return source;
        }
        Optional<WeightSource.Ternary> exact =
                source instanceof WeightSource.Floats floats ? MadeTernary.exactly(floats) : Optional.empty();
        if (exact.isPresent()) {
            return exact.get();
        }
        if (!options.force()) {
            throw ModelFormatException.of(
                    model.source(),
                    sources.nameInFile(name),
                    "weights that were not trained as ternary, for type " + options.type(),
                    "one of " + QuantizationOptions.BLOCK_TYPES
                            + ", or --force: rounding such weights to three values leaves little of the model");
        }
        return source;
    }

    private PlannedTensor planned(
            TensorName name,
            List<Long> sizes,
            WeightSource reference,
            WeightSource content,
            TypeChooser.Choice choice) {
        String inFile = sources.nameInFile(name);
        @Nullable TensorInfo original = model.tensors().get(inFile);
        return new PlannedTensor(
                name,
                sizes,
                original == null ? "computed" : original.type().name(),
                original == null ? 0 : original.bytes(),
                order.isEmpty() ? planned.size() : order.indexOf(inFile),
                reference,
                content,
                choice.type(),
                choice.reason());
    }
}
