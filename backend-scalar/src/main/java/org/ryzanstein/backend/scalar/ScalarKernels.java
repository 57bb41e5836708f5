package org.ryzanstein.backend.scalar;

import org.jspecify.annotations.Nullable;
import org.ryzanstein.api.kernel.GateKind;
import org.ryzanstein.api.kernel.RopeStyle;
import org.ryzanstein.api.numerics.ContractMath;
import org.ryzanstein.api.weight.WeightSource;
import org.ryzanstein.backend.cpu.AttentionKernel;
import org.ryzanstein.backend.cpu.BlockKernels;
import org.ryzanstein.backend.cpu.CpuKernels;
import org.ryzanstein.backend.cpu.DenseKernels;
import org.ryzanstein.backend.cpu.HostRope;
import org.ryzanstein.backend.cpu.KeyLayout;
import org.ryzanstein.backend.cpu.PagedKvCache;
import org.ryzanstein.backend.cpu.Parallel;
import org.ryzanstein.backend.cpu.PlainBlockKernels;
import org.ryzanstein.backend.cpu.PlainDenseKernels;
import org.ryzanstein.backend.cpu.TernaryInput;
import org.ryzanstein.backend.cpu.TernaryMatrix;
import org.ryzanstein.backend.cpu.WeightMemory;

/** Plain loops that follow the numerics contract word by word. */
final class ScalarKernels implements CpuKernels {
    static final String NAME = "scalar";

    private final DenseKernels dense = new PlainDenseKernels();
    private final BlockKernels blocks = new PlainBlockKernels();

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public KeyLayout keyLayout() {
        return KeyLayout.POSITION_MAJOR;
    }

    @Override
    public void normStatistics(
            float[] x, int offset, int columns, float @Nullable [] gain, int blockSize, float[] out, int outOffset) {
        out[outOffset] = maxMagnitude(x, offset, columns, gain);
        int block = 1;
        for (int i = 0; i < columns; i += blockSize, block++) {
            int length = Math.min(blockSize, columns - i);
            out[outOffset + block] = ContractMath.dot(x, offset + i, x, offset + i, length);
        }
    }

    private static float maxMagnitude(float[] x, int offset, int columns, float @Nullable [] gain) {
        float max = 0f;
        if (gain == null) {
            for (int i = 0; i < columns; i++) {
                max = Math.max(max, Math.abs(x[offset + i]));
            }
        } else {
            for (int i = 0; i < columns; i++) {
                max = Math.max(max, Math.abs(x[offset + i] * gain[i]));
            }
        }
        return max;
    }

    @Override
    public void quantize(
            float[] x, int offset, int columns, float @Nullable [] gain, float scale, byte[] digits, int digitsOffset) {
        for (int i = 0; i < columns; i++) {
            float t = gain == null ? x[offset + i] : x[offset + i] * gain[i];
            digits[digitsOffset + i] = (byte) ContractMath.roundToInteger(t * scale);
        }
    }

    @Override
    public void rmsNorm(float[] x, int offset, float[] gain, float epsilon, float[] out, int outOffset) {
        int columns = gain.length;
        float total = 0f;
        for (int i = 0; i < columns; i += ContractMath.NORM_BLOCK) {
            int length = Math.min(ContractMath.NORM_BLOCK, columns - i);
            total += ContractMath.dot(x, offset + i, x, offset + i, length);
        }
        float r = 1f / (float) Math.sqrt(total / columns + epsilon);
        for (int i = 0; i < columns; i++) {
            out[outOffset + i] = (x[offset + i] * r) * gain[i];
        }
    }

    @Override
    public void add(float[] x, int xOffset, float[] y, int yOffset, int length) {
        for (int i = 0; i < length; i++) {
            x[xOffset + i] += y[yOffset + i];
        }
    }

    @Override
    public void gate(
            GateKind kind,
            float[] gate,
            int gateOffset,
            float[] up,
            int upOffset,
            float[] out,
            int outOffset,
            int length) {
        for (int i = 0; i < length; i++) {
            out[outOffset + i] = gated(kind, gate[gateOffset + i], up[upOffset + i]);
        }
    }

    private static float gated(GateKind kind, float gate, float up) {
        return switch (kind) {
            case SQUARED_RELU -> {
                float h = Math.max(gate, 0f);
                yield (h * h) * up;
            }
            case SILU -> (gate / (1f + ContractMath.exp(-gate))) * up;
        };
    }

    @Override
    public void rotate(float[] x, int offset, HostRope rope, int position) {
        int half = rope.dimension() / 2;
        int table = position * half;
        boolean split = rope.style() == RopeStyle.HALF_SPLIT;
        int step = split ? 1 : 2;
        int partner = split ? half : 1;
        for (int i = 0; i < half; i++) {
            int first = offset + i * step;
            float a = x[first];
            float b = x[first + partner];
            float c = rope.cos()[table + i];
            float s = rope.sin()[table + i];
            x[first] = Math.fma(a, c, -(b * s));
            x[first + partner] = Math.fma(b, c, a * s);
        }
    }

    @Override
    public void rescale(
            int[] sums, int sumsOffset, float factor, float[] scales, float[] out, int outOffset, int from, int to) {
        for (int row = from; row < to; row++) {
            out[outOffset + row] = sums[sumsOffset + row] * (factor * scales[row]);
        }
    }

    @Override
    public void scale(int[] sums, int sumsOffset, float scale, float[] out, int outOffset, int count) {
        for (int i = 0; i < count; i++) {
            out[outOffset + i] = sums[sumsOffset + i] * scale;
        }
    }

    @Override
    public TernaryInput ternaryInput(int rows, int columns) {
        return new BitPlanes(rows, columns);
    }

    @Override
    public TernaryMatrix packTernary(WeightSource.Ternary source, Parallel parallel, WeightMemory memory) {
        return BitSerialMatrix.pack(source, parallel);
    }

    @Override
    public DenseKernels dense() {
        return dense;
    }

    @Override
    public BlockKernels blocks() {
        return blocks;
    }

    @Override
    public AttentionKernel attention(PagedKvCache cache, float scale) {
        return new Attention(cache, scale);
    }
}
