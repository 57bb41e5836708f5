package org.ryzanstein.loader.model;

/**
 * The forward pass of the Llama family in float64, written from the papers: no cache, no blocks, every position anew. Weights
 * are in the hub's order, so element i of a head turns with element i + headDim / 2.
 */
final class NaiveLlama {
    private final SyntheticLlama model;
    private final double[] frequencies;
    private final double magnitude;

    /**
     * Sets the rotation.
     *
     * @param frequencies radians per position of each pair
     * @param magnitude what cosine and sine are multiplied by
     */
    NaiveLlama(SyntheticLlama model, double[] frequencies, double magnitude) {
        this.model = model;
        this.frequencies = frequencies;
        this.magnitude = magnitude;
    }

    NaiveLlama(SyntheticLlama model) {
        this(model, frequencies(model.ropeBase, model.headDim), 1);
    }

    static double[] frequencies(double base, int dimension) {
        double[] frequencies = new double[dimension / 2];
        for (int i = 0; i < frequencies.length; i++) {
            frequencies[i] = 1 / Math.pow(base, 2.0 * i / dimension);
        }
        return frequencies;
    }

    /** The logits after each token. */
    double[][] logits(int... tokens) {
        int count = tokens.length;
        double[][] x = new double[count][];
        for (int t = 0; t < count; t++) {
            x[t] = row("model.embed_tokens.weight", tokens[t]);
        }
        for (int layer = 0; layer < model.layers; layer++) {
            String prefix = "model.layers." + layer + ".";
            double[][] queries = new double[count][];
            double[][] keys = new double[count][];
            double[][] values = new double[count][];
            for (int t = 0; t < count; t++) {
                double[] h = norm(x[t], prefix + "input_layernorm.weight");
                queries[t] =
                        rotate(headNorm(linear(h, prefix + "self_attn.q_proj"), prefix + "self_attn.q_norm.weight"), t);
                keys[t] =
                        rotate(headNorm(linear(h, prefix + "self_attn.k_proj"), prefix + "self_attn.k_norm.weight"), t);
                values[t] = linear(h, prefix + "self_attn.v_proj");
            }
            for (int t = 0; t < count; t++) {
                add(x[t], linear(attend(queries[t], keys, values, t), prefix + "self_attn.o_proj"));
                double[] h = norm(x[t], prefix + "post_attention_layernorm.weight");
                double[] gate = linear(h, prefix + "mlp.gate_proj");
                double[] up = linear(h, prefix + "mlp.up_proj");
                for (int i = 0; i < gate.length; i++) {
                    gate[i] = gate[i] / (1 + Math.exp(-gate[i])) * up[i];
                }
                add(x[t], linear(gate, prefix + "mlp.down_proj"));
            }
        }
        double[][] logits = new double[count][model.vocabulary];
        for (int t = 0; t < count; t++) {
            double[] h = norm(x[t], "model.norm.weight");
            for (int token = 0; token < model.vocabulary; token++) {
                logits[t][token] = dot(h, row(model.tied ? "model.embed_tokens.weight" : "lm_head.weight", token));
            }
        }
        return logits;
    }

    private double[] attend(double[] query, double[][] keys, double[][] values, int last) {
        int dim = model.headDim;
        double[] out = new double[query.length];
        for (int head = 0; head < model.heads; head++) {
            int shared = head * model.kvHeads / model.heads;
            double[] weights = new double[last + 1];
            double total = 0;
            for (int t = 0; t <= last; t++) {
                double score = 0;
                for (int i = 0; i < dim; i++) {
                    score += query[head * dim + i] * keys[t][shared * dim + i];
                }
                weights[t] = Math.exp(score / Math.sqrt(dim));
                total += weights[t];
            }
            for (int t = 0; t <= last; t++) {
                for (int i = 0; i < dim; i++) {
                    out[head * dim + i] += weights[t] / total * values[t][shared * dim + i];
                }
            }
        }
        return out;
    }

    private double[] rotate(double[] heads, int position) {
        int half = model.headDim / 2;
        double[] out = new double[heads.length];
        for (int start = 0; start < heads.length; start += model.headDim) {
            for (int i = 0; i < half; i++) {
                double cos = Math.cos(position * frequencies[i]) * magnitude;
                double sin = Math.sin(position * frequencies[i]) * magnitude;
                double a = heads[start + i];
                double b = heads[start + half + i];
                out[start + i] = a * cos - b * sin;
                out[start + half + i] = b * cos + a * sin;
            }
        }
        return out;
    }

    /** A norm of each head, if the model has it. */
    private double[] headNorm(double[] heads, String name) {
        if (!model.has(name)) {
            return heads;
        }
        double[] out = new double[heads.length];
        for (int start = 0; start < heads.length; start += model.headDim) {
            double[] head = new double[model.headDim];
            System.arraycopy(heads, start, head, 0, head.length);
            System.arraycopy(norm(head, name), 0, out, start, head.length);
        }
        return out;
    }

    private double[] norm(double[] x, String name) {
        double[] gain = row(name, 0);
        double squares = dot(x, x) / x.length;
        double[] out = new double[x.length];
        for (int i = 0; i < x.length; i++) {
            out[i] = x[i] / Math.sqrt(squares + model.epsilon) * gain[i];
        }
        return out;
    }

    /** Before a ternary matrix the input is rounded to 8 bits, in steps of its largest magnitude / 127. */
    private double[] linear(double[] x, String name) {
        double[] in = x;
        if (model.isTernary(name + ".weight")) {
            double largest = 1e-5;
            for (double value : x) {
                largest = Math.max(largest, Math.abs(value));
            }
            in = new double[x.length];
            for (int i = 0; i < x.length; i++) {
                in[i] = Math.rint(x[i] * (127 / largest)) * (largest / 127);
            }
        }
        double[] out = new double[model.shape(name + ".weight").rows()];
        for (int row = 0; row < out.length; row++) {
            out[row] = dot(in, row(name + ".weight", row));
        }
        if (model.has(name + ".bias")) {
            add(out, row(name + ".bias", 0));
        }
        return out;
    }

    private double[] row(String name, int row) {
        float[] values = model.values(name);
        int columns = model.shape(name).columns();
        double[] out = new double[columns];
        for (int i = 0; i < columns; i++) {
            out[i] = values[row * columns + i];
        }
        return out;
    }

    private static double dot(double[] a, double[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += a[i] * b[i];
        }
        return sum;
    }

    private static void add(double[] a, double[] b) {
        for (int i = 0; i < a.length; i++) {
            a[i] += b[i];
        }
    }
}
