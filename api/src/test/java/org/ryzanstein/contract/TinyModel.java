package org.ryzanstein.contract;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.ryzanstein.api.kernel.Buffer;
import org.ryzanstein.api.kernel.ElementType;
import org.ryzanstein.api.kernel.GateKind;
import org.ryzanstein.api.kernel.HeadOutput;
import org.ryzanstein.api.kernel.KernelBackend;
import org.ryzanstein.api.kernel.KvCache;
import org.ryzanstein.api.kernel.KvSpec;
import org.ryzanstein.api.kernel.KvType;
import org.ryzanstein.api.kernel.MatrixUse;
import org.ryzanstein.api.kernel.MatrixWeights;
import org.ryzanstein.api.kernel.PreparedStep;
import org.ryzanstein.api.kernel.QuantizedActivations;
import org.ryzanstein.api.kernel.RopeStyle;
import org.ryzanstein.api.kernel.RopeTable;
import org.ryzanstein.api.kernel.RowSet;
import org.ryzanstein.api.kernel.StepRecorder;
import org.ryzanstein.api.kernel.StepShape;
import org.ryzanstein.api.kernel.VectorWeights;
import org.ryzanstein.api.weight.WeightSource.FloatFormat;

/**
 * A ternary transformer of a few kilobytes with random weights, in sizes that are no multiple of anything: once by the
 * oracle, once as a step of a backend with q/k/v and gate/up as columns of merged buffers.
 */
final class TinyModel {
    static final int VOCABULARY = 301;
    static final int MAX_CONTEXT = 400;
    private static final int LAYERS = 2;
    private static final int HEAD_DIMENSION = 12;
    private static final int[] KV_HEAD_OF = {0, 0, 1};
    private static final int HEADS = KV_HEAD_OF.length;
    private static final int KV_HEADS = 2;
    private static final int HIDDEN = HEADS * HEAD_DIMENSION;
    private static final int KV = KV_HEADS * HEAD_DIMENSION;
    private static final int FFN = 43;
    private static final float EPSILON = 1e-5f;
    private static final float SCALE = (float) (1 / Math.sqrt(HEAD_DIMENSION));

    private final float[][] table;
    private final float[] outputNorm;
    private final float[][] cos = new float[MAX_CONTEXT][HEAD_DIMENSION / 2];
    private final float[][] sin = new float[MAX_CONTEXT][HEAD_DIMENSION / 2];
    private final List<Layer> layers = new ArrayList<>();

    private record Ternary(byte[][] digits, float[] scales) {}

    private record Layer(
            float[] attentionNorm,
            Ternary qkv,
            float[] attentionSubNorm,
            Ternary o,
            float[] ffnNorm,
            Ternary gateUp,
            float[] ffnSubNorm,
            Ternary down) {}

    TinyModel(long seed) {
        Numbers numbers = new Numbers(seed);
        table = numbers.ofFormat(FloatFormat.FLOAT16, VOCABULARY, HIDDEN, 1f);
        outputNorm = numbers.normals(HIDDEN, 1f);
        for (int position = 0; position < MAX_CONTEXT; position++) {
            for (int i = 0; i < HEAD_DIMENSION / 2; i++) {
                double angle = position * StrictMath.pow(500000, -2.0 * i / HEAD_DIMENSION);
                cos[position][i] = (float) StrictMath.cos(angle);
                sin[position][i] = (float) StrictMath.sin(angle);
            }
        }
        for (int layer = 0; layer < LAYERS; layer++) {
            layers.add(new Layer(
                    numbers.normals(HIDDEN, 1f),
                    ternary(numbers, HIDDEN + 2 * KV, HIDDEN),
                    numbers.normals(HIDDEN, 1f),
                    ternary(numbers, HIDDEN, HIDDEN),
                    numbers.normals(HIDDEN, 1f),
                    ternary(numbers, 2 * FFN, HIDDEN),
                    numbers.normals(FFN, 1f),
                    ternary(numbers, HIDDEN, FFN)));
        }
    }

    private static Ternary ternary(Numbers numbers, int rows, int columns) {
        float[] scales = numbers.normals(rows, 0f);
        Arrays.fill(scales, 0, rows / 2, numbers.uniform(0.1f, 1f));
        Arrays.fill(scales, rows / 2, rows, numbers.uniform(0.1f, 1f));
        return new Ternary(numbers.digits(Numbers.Digits.RANDOM, rows, columns), scales);
    }

    // ---- by the oracle

    /** Logits of every position of a sequence. */
    float[][] logits(int[] ids) {
        int[] positions = new int[ids.length];
        Arrays.setAll(positions, i -> i);
        float[][] x = NaiveKernels.embed(table, ids);
        for (Layer layer : layers) {
            float[][] qkv = multiply(x, layer.attentionNorm(), 128, layer.qkv());
            float[][] q = rotate(columns(qkv, 0, HIDDEN), positions);
            float[][] k = rotate(columns(qkv, HIDDEN, KV), positions);
            float[][] v = columns(qkv, HIDDEN + KV, KV);
            float[][] attended = new float[ids.length][];
            for (int token = 0; token < ids.length; token++) {
                attended[token] = NaiveKernels.attention(
                        q[token],
                        Arrays.asList(k).subList(0, token + 1),
                        Arrays.asList(v).subList(0, token + 1),
                        KV_HEAD_OF,
                        HEAD_DIMENSION,
                        SCALE);
            }
            x = NaiveKernels.add(x, multiply(attended, layer.attentionSubNorm(), HEAD_DIMENSION, layer.o()));
            float[][] gateUp = multiply(x, layer.ffnNorm(), 128, layer.gateUp());
            float[][] gated =
                    NaiveKernels.gate(GateKind.SQUARED_RELU, columns(gateUp, 0, FFN), columns(gateUp, FFN, FFN));
            x = NaiveKernels.add(x, multiply(gated, layer.ffnSubNorm(), 128, layer.down()));
        }
        return NaiveKernels.linear(NaiveKernels.rmsNorm(x, outputNorm, EPSILON), table);
    }

    private float[][] rotate(float[][] x, int[] positions) {
        return NaiveKernels.rope(x, positions, HEAD_DIMENSION, RopeStyle.HALF_SPLIT, cos, sin);
    }

    private static float[][] multiply(float[][] in, float[] gain, int blockSize, Ternary weights) {
        float[][] statistics = NaiveKernels.normStatistics(in, gain, blockSize);
        NaiveKernels.Quantized quantized = NaiveKernels.quantize(in, gain, statistics, gain.length, EPSILON);
        return NaiveKernels.rescale(
                NaiveKernels.multiply(quantized.digits(), weights.digits()), quantized.factors(), weights.scales());
    }

    private static float[][] columns(float[][] in, int first, int count) {
        return Arrays.stream(in)
                .map(row -> Arrays.copyOfRange(row, first, first + count))
                .toArray(float[][]::new);
    }

    // ---- on a backend

    /** The model inside a backend, with one prepared step for all batches up to a size. */
    final class Loaded {
        private final KernelBackend backend;
        private final int maxTokens;
        private final HeadOutput head;
        private final PreparedStep step;
        private final MatrixWeights packedTable;
        private final VectorWeights packedOutputNorm;
        private final RopeTable rope;
        private final KvCache cache;
        private final Buffer x;
        private final Buffer qkv;
        private final Buffer attended;
        private final Buffer projected;
        private final Buffer gateUp;
        private final Buffer selected;

        Loaded(Bench bench, int maxTokens, int maxOutputs, KvSpec spec) {
            backend = bench.backend();
            this.maxTokens = maxTokens;
            packedTable = bench.matrix(
                    new TestWeights.Floats("table", FloatFormat.FLOAT16, table), MatrixUse.EMBEDDING, MatrixUse.HEAD);
            packedOutputNorm = bench.vector(outputNorm);
            rope = backend.packRope(RopeStyle.HALF_SPLIT, MAX_CONTEXT, HEAD_DIMENSION, flat(cos), flat(sin));
            cache = backend.allocateKv(spec);
            x = tokens(HIDDEN);
            qkv = tokens(HIDDEN + 2 * KV);
            attended = tokens(HIDDEN);
            projected = tokens(HIDDEN);
            gateUp = tokens(2 * FFN);
            selected = backend.allocate(ElementType.FLOAT32, RowSet.OUTPUTS, maxOutputs, HIDDEN);
            head = backend.allocateHead(maxOutputs, VOCABULARY, 8);
            List<PackedLayer> packed =
                    layers.stream().map(layer -> new PackedLayer(bench, layer)).toList();
            step = backend.prepare(new StepShape(maxTokens, maxOutputs), recorder -> {
                recorder.embed(packedTable, x);
                for (int layer = 0; layer < packed.size(); layer++) {
                    packed.get(layer).record(recorder, layer);
                }
                recorder.selectOutputs(x, selected);
                recorder.rmsNorm(selected, packedOutputNorm, EPSILON, selected);
                recorder.head(selected, packedTable, 0, head);
            });
        }

        PreparedStep step() {
            return step;
        }

        HeadOutput head() {
            return head;
        }

        private Buffer tokens(int columns) {
            return backend.allocate(ElementType.FLOAT32, RowSet.TOKENS, maxTokens, columns);
        }

        private final class PackedLayer {
            private final Product qkvProduct;
            private final Product oProduct;
            private final Product gateUpProduct;
            private final Product downProduct;

            PackedLayer(Bench bench, Layer layer) {
                qkvProduct = new Product(bench, layer.attentionNorm(), 128, layer.qkv());
                oProduct = new Product(bench, layer.attentionSubNorm(), HEAD_DIMENSION, layer.o());
                gateUpProduct = new Product(bench, layer.ffnNorm(), 128, layer.gateUp());
                downProduct = new Product(bench, layer.ffnSubNorm(), 128, layer.down());
            }

            void record(StepRecorder recorder, int layer) {
                qkvProduct.record(recorder, x, qkv);
                Buffer q = qkv.slice(0, HIDDEN);
                Buffer k = qkv.slice(HIDDEN, KV);
                Buffer v = qkv.slice(HIDDEN + KV, KV);
                recorder.rope(q, HEAD_DIMENSION, rope);
                recorder.rope(k, HEAD_DIMENSION, rope);
                recorder.storeKv(cache, layer, k, v);
                recorder.attention(cache, layer, q, KV_HEAD_OF, SCALE, attended);
                oProduct.record(recorder, attended, projected);
                recorder.add(x, projected);
                gateUpProduct.record(recorder, x, gateUp);
                Buffer gate = gateUp.slice(0, FFN);
                recorder.gate(GateKind.SQUARED_RELU, gate, gateUp.slice(FFN, FFN), gate);
                downProduct.record(recorder, gate, projected);
                recorder.add(x, projected);
            }
        }

        private final class Product {
            private final int columns;
            private final int blockSize;
            private final VectorWeights gain;
            private final MatrixWeights weights;
            private final Buffer statistics;
            private final QuantizedActivations quantized;
            private final Buffer sums;

            Product(Bench bench, float[] gain, int blockSize, Ternary ternary) {
                columns = gain.length;
                this.blockSize = blockSize;
                this.gain = bench.vector(gain);
                weights = bench.matrix(
                        new TestWeights.Ternary("ternary", ternary.digits(), ternary.scales()), MatrixUse.LINEAR);
                statistics = tokens(1 + Math.ceilDiv(columns, blockSize));
                quantized = backend.allocateQuantized(maxTokens, columns);
                sums = backend.allocate(ElementType.INT32, RowSet.TOKENS, maxTokens, ternary.digits().length);
            }

            void record(StepRecorder recorder, Buffer in, Buffer out) {
                recorder.normStatistics(in, gain, blockSize, statistics);
                recorder.quantize(in, gain, statistics, columns, EPSILON, quantized);
                recorder.multiply(quantized, weights, sums);
                recorder.rescale(sums, quantized, weights, out);
            }
        }
    }

    static KvSpec kv(int blocks, int blockPositions) {
        return new KvSpec(LAYERS, KV_HEADS, HEAD_DIMENSION, blocks, blockPositions, KvType.FLOAT32);
    }

    static float[] flat(float[][] rows) {
        float[] all = new float[rows.length * rows[0].length];
        for (int row = 0; row < rows.length; row++) {
            System.arraycopy(rows[row], 0, all, row * rows[0].length, rows[0].length);
        }
        return all;
    }
}
