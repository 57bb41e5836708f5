package org.ryzanstein.backend.__isa__;

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
import org.ryzanstein.backend.cpu.TernaryInput;
import org.ryzanstein.backend.cpu.TernaryMatrix;
import org.ryzanstein.backend.cpu.TiledAttention;
import org.ryzanstein.backend.cpu.WeightMemory;

/** The kernels, with those for ternary weights of the instruction set at hand. */
final class VectorKernels implements CpuKernels {
    private static final int GATE_ROOM = 256;

    private final String name;
    private final TernaryKernels ternary = new TernaryKernels();
    private final DenseKernels dense = new VectorDenseKernels();
    private final BlockKernels blocks = new VectorBlockKernels();

    /** Room for the exponentials of a gate, a multiple of any vector's lanes. */
    private final ThreadLocal<float[]> gateScratch = ThreadLocal.withInitial(() -> new float[GATE_ROOM]);

    VectorKernels(String name) {
        this.name = name;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public KeyLayout keyLayout() {
        return KeyLayout.DIMENSION_MAJOR;
    }

    @Override
    public void normStatistics(
            float[] x, int offset, int columns, float @Nullable [] gain, int blockSize, float[] out, int outOffset) {
        out[outOffset] = RowKernels.maxMagnitude(x, offset, columns, gain);
        int block = 1;
        for (int i = 0; i < columns; i += blockSize, block++) {
            out[outOffset + block] = DotProduct.squares(x, offset + i, Math.min(blockSize, columns - i));
        }
    }

    @Override
    public void quantize(
            float[] x, int offset, int columns, float @Nullable [] gain, float scale, byte[] digits, int digitsOffset) {
        RowKernels.quantize(x, offset, columns, gain, scale, digits, digitsOffset);
    }

    @Override
    public void rmsNorm(float[] x, int offset, float[] gain, float epsilon, float[] out, int outOffset) {
        int columns = gain.length;
        float total = 0f;
        for (int i = 0; i < columns; i += ContractMath.NORM_BLOCK) {
            total += DotProduct.squares(x, offset + i, Math.min(ContractMath.NORM_BLOCK, columns - i));
        }
        float r = 1f / (float) Math.sqrt(total / columns + epsilon);
        RowKernels.scale(x, offset, gain, r, out, outOffset);
    }

    @Override
    public void add(float[] x, int xOffset, float[] y, int yOffset, int length) {
        RowKernels.add(x, xOffset, y, yOffset, length);
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
        RowKernels.gate(kind, gate, gateOffset, up, upOffset, out, outOffset, length, gateScratch.get());
    }

    @Override
    public void rotate(float[] x, int offset, HostRope rope, int position) {
        int half = rope.dimension() / 2;
        int table = position * half;
        if (rope.style() == RopeStyle.HALF_SPLIT) {
            RowKernels.rotateHalves(x, offset, rope.cos(), rope.sin(), table, half);
        } else {
            RowKernels.rotatePairs(x, offset, rope.cos(), rope.sin(), table, 0, half, 2, 1);
        }
    }

    @Override
    public void rescale(
            int[] sums, int sumsOffset, float factor, float[] scales, float[] out, int outOffset, int from, int to) {
        RowKernels.rescale(sums, sumsOffset, factor, scales, out, outOffset, from, to);
    }

    @Override
    public void scale(int[] sums, int sumsOffset, float scale, float[] out, int outOffset, int count) {
        RowKernels.scale(sums, sumsOffset, scale, out, outOffset, count);
    }

    @Override
    public TernaryInput ternaryInput(int rows, int columns) {
        return new TernaryInput(rows, columns);
    }

    @Override
    public TernaryMatrix packTernary(WeightSource.Ternary source, Parallel parallel, WeightMemory memory) {
        return ternary.pack(source, parallel, memory);
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
        return new TiledAttention(new AttentionVectors(), cache, scale);
    }
}
