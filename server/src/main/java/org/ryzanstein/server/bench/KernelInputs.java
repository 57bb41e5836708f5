package org.ryzanstein.server.bench;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.ryzanstein.api.kernel.GateKind;
import org.ryzanstein.api.weight.WeightSource;
import org.ryzanstein.loader.engine.EmbeddedModel;
import org.ryzanstein.loader.format.Hyperparameters;
import org.ryzanstein.loader.format.ModelFile;
import org.ryzanstein.loader.format.TensorName;
import org.ryzanstein.loader.format.TensorRole;
import org.ryzanstein.loader.format.TensorSources;

/**
 * What the kernels are measured on: the matrices of a model's first layer and its head, and its shape.
 *
 * @param opened closed with it
 */
record KernelInputs(List<Matrix> matrices, WeightSource head, Shape shape, List<AutoCloseable> opened)
        implements AutoCloseable {
    /** A matrix of a layer by its short name. */
    record Matrix(String name, WeightSource source) {}

    /** Sizes of a transformer. */
    record Shape(int hidden, int feedForward, int heads, int kvHeads, int headDim, GateKind gate) {}

    KernelInputs {
        matrices = List.copyOf(matrices);
        opened = List.copyOf(opened);
    }

    /** Those of a model, the embedded one where there is none. */
    static KernelInputs ofModel(Optional<Path> model) {
        @Nullable EmbeddedModel embedded = model.isPresent() ? null : EmbeddedModel.extract();
        ModelFile file = ModelFile.open(embedded == null ? model.orElseThrow() : embedded.path());
        Hyperparameters shape = file.hyperparameters();
        TensorSources sources = file.sources();
        boolean ternary = file.architecture().equals(ModelFile.BITNET_B158);
        int hidden = shape.hiddenSize();
        int queries = shape.heads() * shape.headDim();
        int keys = shape.kvHeads() * shape.headDim();
        int feedForward = shape.feedForwardSize();
        LayerReader reader = (role, rows, columns) -> ternary
                ? sources.ternary(TensorName.of(role, 0), rows, columns)
                : sources.matrix(TensorName.of(role, 0), rows, columns);
        List<Matrix> matrices = new ArrayList<>();
        matrices.addAll(together(
                List.of("q", "k", "v"),
                List.of(
                        reader.read(TensorRole.ATTENTION_QUERY, queries, hidden),
                        reader.read(TensorRole.ATTENTION_KEY, keys, hidden),
                        reader.read(TensorRole.ATTENTION_VALUE, keys, hidden))));
        matrices.add(new Matrix("o", reader.read(TensorRole.ATTENTION_OUTPUT, hidden, queries)));
        matrices.addAll(together(
                List.of("gate", "up"),
                List.of(
                        reader.read(TensorRole.FEED_FORWARD_GATE, feedForward, hidden),
                        reader.read(TensorRole.FEED_FORWARD_UP, feedForward, hidden))));
        matrices.add(new Matrix("down", reader.read(TensorRole.FEED_FORWARD_DOWN, hidden, feedForward)));
        TensorRole head = shape.tiedEmbeddings() ? TensorRole.TOKEN_EMBEDDING : TensorRole.OUTPUT;
        return new KernelInputs(
                matrices,
                sources.floatsOrBlocks(TensorName.of(head), shape.vocabularySize(), hidden),
                new Shape(
                        hidden,
                        feedForward,
                        shape.heads(),
                        shape.kvHeads(),
                        shape.headDim(),
                        shape.activation().equals(Optional.of("relu2")) ? GateKind.SQUARED_RELU : GateKind.SILU),
                embedded == null ? List.of(file) : List.of(file, embedded));
    }

    /** Small ones of all kinds for a short look: a few layers' worth of work that needs no model. */
    static KernelInputs synthetic() {
        return new KernelInputs(
                List.of(
                        new Matrix("ternary", SyntheticWeights.ternary(1024, 1024)),
                        new Matrix("int8", SyntheticWeights.blocks(1024, 1024)),
                        new Matrix("f16", SyntheticWeights.floats(1024, 1024))),
                SyntheticWeights.floats(4096, 1024),
                new Shape(1024, 2048, 8, 2, 128, GateKind.SILU),
                List.of());
    }

    /** How a matrix of the first layer is read. */
    @FunctionalInterface
    private interface LayerReader {
        WeightSource read(TensorRole role, int rows, int columns);
    }

    /** Ternary matrices with a common input are one, as the models have them; of others one stands for all. */
    private static List<Matrix> together(List<String> names, List<WeightSource> sources) {
        if (sources.stream().allMatch(WeightSource.Ternary.class::isInstance)) {
            return List.of(new Matrix(
                    String.join("", names),
                    TensorSources.merged(sources.stream()
                            .map(WeightSource.Ternary.class::cast)
                            .toList())));
        }
        return List.of(new Matrix(names.getFirst(), sources.getFirst()));
    }

    @Override
    public void close() {
        for (AutoCloseable one : opened) {
            switch (one) {
                case ModelFile file -> file.close();
                case EmbeddedModel embedded -> embedded.close();
                default -> throw new IllegalStateException("can't close " + one);
            }
        }
    }
}
