package org.ryzanstein.loader.model;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.ryzanstein.api.kernel.Buffer;
import org.ryzanstein.api.kernel.ElementType;
import org.ryzanstein.api.kernel.KernelBackend;
import org.ryzanstein.api.kernel.MatrixWeights;
import org.ryzanstein.api.kernel.RowSet;
import org.ryzanstein.api.kernel.VectorWeights;
import org.ryzanstein.api.numerics.ContractMath;
import org.ryzanstein.api.weight.WeightSource;

/**
 * Makes a model's linear layers by the kind of their weights: float activations for floating-point and quantised ones, the
 * {@link TernaryLinear} layer for ternary ones, whose matrices with a common input become one. All layers share its scratch
 * buffers.
 */
final class Projections {
    /** One matrix of a layer and its bias. */
    record Part(WeightSource source, Optional<VectorWeights> bias) {}

    private record Range(Projection projection, int first, int rows) {}

    private final KernelBackend backend;
    private final WeightPacker weights;
    private final int tokens;
    private final int maxRows;
    private final float epsilon;
    private final Buffer normed; // (tokens, hidden)
    private final Map<Integer, TernaryLinear> ternaryByColumns = new HashMap<>();

    /**
     * Allocates the scratch.
     *
     * @param hidden width of what is normed
     * @param maxRows the largest output width of a layer
     */
    Projections(KernelBackend backend, WeightPacker weights, int tokens, int hidden, int maxRows, float epsilon) {
        this.backend = backend;
        this.weights = weights;
        this.tokens = tokens;
        this.maxRows = maxRows;
        this.epsilon = epsilon;
        this.normed = backend.allocate(ElementType.FLOAT32, RowSet.TOKENS, tokens, hidden);
    }

    /**
     * A layer of several matrices with a common input; their outputs stand side by side. Matrices without rows, of a rank that
     * has no part of them, are nothing to compute.
     */
    Projection load(List<Part> all) {
        List<Part> parts = all.stream().filter(part -> part.source().rows() > 0).toList();
        if (parts.isEmpty()) {
            return (ops, in, gain, out) -> {};
        }
        if (parts.size() > 1
                && parts.stream().allMatch(part -> part.source() instanceof WeightSource.Ternary)
                && parts.stream().allMatch(part -> part.bias().isEmpty())) {
            return ternary(weights.ternary(parts.stream()
                    .map(part -> (WeightSource.Ternary) part.source())
                    .toArray(WeightSource.Ternary[]::new)));
        }
        List<Range> ranges = new ArrayList<>();
        int first = 0;
        for (Part part : parts) {
            int rows = part.source().rows();
            ranges.add(new Range(single(part), first, rows));
            first += rows;
        }
        return ranges.size() == 1 ? ranges.getFirst().projection() : sideBySide(ranges);
    }

    private static Projection sideBySide(List<Range> ranges) {
        return (ops, in, gain, out) -> {
            for (Range range : ranges) {
                range.projection().record(ops, in, gain, out.slice(range.first(), range.rows()));
            }
        };
    }

    private Projection single(Part part) {
        Projection product = part.source() instanceof WeightSource.Ternary ternary
                ? ternary(weights.ternary(ternary))
                : dense(weights.linear(part.source()));
        if (part.bias().isEmpty()) {
            return product;
        }
        VectorWeights bias = part.bias().get();
        return (ops, in, gain, out) -> {
            product.record(ops, in, gain, out);
            ops.addBias(out, bias);
        };
    }

    private Projection dense(MatrixWeights matrix) {
        return (ops, in, gain, out) -> {
            @Nullable VectorWeights norm = gain;
            if (norm == null) {
                ops.linear(in, matrix, out);
            } else {
                ops.rmsNorm(in, norm, epsilon, normed);
                ops.linear(normed, matrix, out);
            }
        };
    }

    private Projection ternary(MatrixWeights matrix) {
        TernaryLinear layer = ternaryByColumns.computeIfAbsent(
                matrix.columns(),
                columns -> new TernaryLinear(
                        backend,
                        tokens,
                        TernaryLinear.Input.local(columns),
                        maxRows,
                        ContractMath.NORM_BLOCK,
                        epsilon));
        return (ops, in, gain, out) -> layer.record(ops, in, gain, matrix, out);
    }
}
