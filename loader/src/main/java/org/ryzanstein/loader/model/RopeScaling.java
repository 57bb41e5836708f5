package org.ryzanstein.loader.model;

import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.ryzanstein.loader.format.Hyperparameters;
import org.ryzanstein.loader.format.ModelFormatException;

/** How a file changes the rotary frequencies so that longer contexts work. */
public sealed interface RopeScaling {
    /** Changes frequencies in place. */
    void apply(double[] frequencies);

    /** What cosine and sine are multiplied by. */
    default double magnitude() {
        return 1;
    }

    /** All frequencies divided by a factor (Chen et al., Extending Context Window by Positional Interpolation, 2023). */
    record Linear(double factor) implements RopeScaling {
        @Override
        public void apply(double[] frequencies) {
            for (int i = 0; i < frequencies.length; i++) {
                frequencies[i] /= factor;
            }
        }
    }

    /** Llama 3's: low frequencies divided by a factor, high ones kept, a linear blend in between. */
    record Llama3(double factor, double lowFactor, double highFactor, double originalContext) implements RopeScaling {
        @Override
        public void apply(double[] frequencies) {
            for (int i = 0; i < frequencies.length; i++) {
                double turns = originalContext * frequencies[i] / (2 * StrictMath.PI);
                double kept = Math.clamp((turns - lowFactor) / (highFactor - lowFactor), 0.0, 1.0);
                frequencies[i] *= kept + (1 - kept) / factor;
            }
        }
    }

    /**
     * YaRN (Peng et al., 2023): frequencies that turn fewer than {@code betaSlow} times in the original context are divided by
     * the factor, those that turn more than {@code betaFast} times are kept, a ramp over the indexes in between.
     *
     * @param attentionFactor what cosine and sine are multiplied by
     */
    record Yarn(
            double factor,
            double originalContext,
            double betaFast,
            double betaSlow,
            double attentionFactor,
            int dimension,
            double base)
            implements RopeScaling {
        @Override
        public void apply(double[] frequencies) {
            double low = Math.max(0, StrictMath.floor(indexOf(betaFast)));
            double high = Math.min(dimension - 1.0, StrictMath.ceil(indexOf(betaSlow)));
            double width = Math.max(0.001, high - low);
            for (int i = 0; i < frequencies.length; i++) {
                double interpolated = Math.clamp((i - low) / width, 0.0, 1.0);
                frequencies[i] *= interpolated / factor + (1 - interpolated);
            }
        }

        /** The index whose frequency turns so many times in the original context. */
        private double indexOf(double turns) {
            return dimension
                    * StrictMath.log(originalContext / (turns * 2 * StrictMath.PI))
                    / (2 * StrictMath.log(base));
        }

        @Override
        public double magnitude() {
            return attentionFactor;
        }
    }

    /**
     * Reads what a file says; GGUF's names and config.json's are both known.
     *
     * @throws ModelFormatException naming a kind, field or value that is not known
     */
    static Optional<RopeScaling> of(String file, Hyperparameters shape) {
        Map<String, String> fields = shape.ropeScaling();
        return fields.isEmpty() ? Optional.empty() : Optional.of(new Reader(file, shape, fields).read());
    }

    /** Reads the fields of one file. */
    record Reader(String file, Hyperparameters shape, Map<String, String> fields) {
        private static final Set<String> KNOWN = Set.of(
                "rope_type",
                "type",
                "rope_theta",
                "factor",
                "low_freq_factor",
                "high_freq_factor",
                "original_max_position_embeddings",
                "beta_fast",
                "beta_slow",
                "attention_factor",
                "rope.scaling.type",
                "rope.scaling.factor",
                "rope.scaling.attn_factor",
                "rope.scaling.original_context_length",
                "rope.scaling.finetuned",
                "rope.scaling.yarn_beta_fast",
                "rope.scaling.yarn_beta_slow",
                "rope.scale_linear");

        RopeScaling read() {
            for (String field : fields.keySet()) {
                if (!KNOWN.contains(field)) {
                    throw ModelFormatException.of(
                            file, "rope scaling: " + field, String.valueOf(fields.get(field)), "no such field");
                }
            }
            String kind = kind();
            return switch (kind) {
                case "linear" -> linear();
                case "llama3" -> llama3();
                case "yarn" -> yarn();
                default -> throw ModelFormatException.of(file, "rope scaling", kind, "linear, llama3 or yarn");
            };
        }

        private String kind() {
            for (String name : new String[] {"rope_type", "type", "rope.scaling.type"}) {
                @Nullable String value = fields.get(name);
                if (value != null) {
                    return value;
                }
            }
            return fields.containsKey("rope.scale_linear") || fields.containsKey("rope.scaling.factor")
                    ? "linear"
                    : "of no kind";
        }

        private RopeScaling linear() {
            for (String field : new String[] {"attention_factor", "rope.scaling.attn_factor"}) {
                double magnitude = positive(field).orElse(1.0);
                if (magnitude != 1) {
                    throw ModelFormatException.of(
                            file, "rope scaling: " + field, Double.toString(magnitude), "1 for linear scaling");
                }
            }
            return new Linear(positive("factor", "rope.scaling.factor", "rope.scale_linear")
                    .orElseThrow(() -> missing("factor")));
        }

        private RopeScaling llama3() {
            double low = positive("low_freq_factor").orElseThrow(() -> missing("low_freq_factor"));
            double high = positive("high_freq_factor").orElseThrow(() -> missing("high_freq_factor"));
            if (high <= low) {
                throw ModelFormatException.of(
                        file,
                        "rope scaling: high_freq_factor",
                        Double.toString(high),
                        "more than low_freq_factor, " + low);
            }
            return new Llama3(
                    positive("factor").orElseThrow(() -> missing("factor")),
                    low,
                    high,
                    positive("original_max_position_embeddings")
                            .orElseThrow(() -> missing("original_max_position_embeddings")));
        }

        private RopeScaling yarn() {
            double factor = positive("factor", "rope.scaling.factor").orElseThrow(() -> missing("factor"));
            double original = positive("original_max_position_embeddings", "rope.scaling.original_context_length")
                    .orElse((double) shape.contextLength());
            double magnitude = factor <= 1 ? 1 : 0.1 * StrictMath.log(factor) + 1;
            double attention = positive("attention_factor")
                    .orElseGet(() ->
                            magnitude * positive("rope.scaling.attn_factor").orElse(1.0));
            return new Yarn(
                    factor,
                    original,
                    positive("beta_fast", "rope.scaling.yarn_beta_fast").orElse(32.0),
                    positive("beta_slow", "rope.scaling.yarn_beta_slow").orElse(1.0),
                    attention,
                    shape.ropeDimension(),
                    shape.ropeBase());
        }

        private Optional<Double> positive(String... names) {
            for (String name : names) {
                @Nullable String text = fields.get(name);
                if (text == null || text.equals("null")) {
                    continue;
                }
                double value;
                try {
                    value = Double.parseDouble(text);
                } catch (NumberFormatException e) {
                    value = Double.NaN;
                }
                if (!(value > 0) || Double.isInfinite(value)) {
                    throw ModelFormatException.of(file, "rope scaling: " + name, text, "a number above 0");
                }
                return Optional.of(value);
            }
            return Optional.empty();
        }

        private ModelFormatException missing(String field) {
            return ModelFormatException.of(file, "rope scaling: " + field, "nothing", "a number above 0");
        }
    }
}
