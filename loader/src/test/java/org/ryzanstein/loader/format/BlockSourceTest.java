package org.ryzanstein.loader.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.ryzanstein.api.weight.BlockForm;
import org.ryzanstein.api.weight.BlockForm.Parts;
import org.ryzanstein.api.weight.BlockRow;
import org.ryzanstein.api.weight.WeightSource;
import org.ryzanstein.api.weight.WeightSource.Blocks;

class BlockSourceTest {
    private static final TensorName NAME = TensorName.of(TensorRole.TOKEN_EMBEDDING);

    private static Blocks blocks(TensorType type, String golden) {
        byte[] packed = GgmlGolden.bytes(golden + ".q");
        int rows = packed.length / type.blockBytes() * type.blockElements() / GgmlGolden.COLUMNS;
        return (Blocks) GgmlGolden.sources(type, rows, GgmlGolden.COLUMNS, packed)
                .floatsOrBlocks(NAME, rows, GgmlGolden.COLUMNS);
    }

    private static float[] decoded(Blocks source) {
        float[] values = new float[source.rows() * source.columns()];
        for (int row = 0; row < source.rows(); row++) {
            source.readFloats(row, values, row * source.columns());
        }
        return values;
    }

    private static void assertSameBits(String what, float[] found, float[] expected) {
        assertThat(found).hasSameSizeAs(expected);
        for (int i = 0; i < expected.length; i++) {
            if (Float.floatToRawIntBits(found[i]) != Float.floatToRawIntBits(expected[i])) {
                throw new AssertionError(
                        what + ": value " + i + " is " + found[i] + ", by llama.cpp it is " + expected[i]);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("org.ryzanstein.loader.format.TensorType#blockTypes")
    void decodesWhatLlamaCppQuantised(TensorType type) {
        String name = GgmlGolden.name(type);
        assertSameBits(name, decoded(blocks(type, name)), GgmlGolden.floats(name + ".deq.f32"));
    }

    @ParameterizedTest
    @MethodSource("org.ryzanstein.loader.format.TensorType#blockTypes")
    void decodesEveryPatternOfBitsAsLlamaCppDoes(TensorType type) {
        String name = "random." + GgmlGolden.name(type);
        assertSameBits(name, decoded(blocks(type, name)), GgmlGolden.floats(name + ".deq.f32"));
    }

    @ParameterizedTest
    @MethodSource("org.ryzanstein.loader.format.TensorType#blockTypes")
    void keepsTheBoundsOfItsForm(TensorType type) {
        for (String name : new String[] {GgmlGolden.name(type), "random." + GgmlGolden.name(type)}) {
            Blocks source = blocks(type, name);
            BlockForm form = source.form();
            for (int row = 0; row < source.rows(); row++) {
                BlockRow blocks = new BlockRow(source.columns(), form);
                source.readBlocks(row, blocks);
                for (int i = 0; i < source.columns(); i++) {
                    int quant = blocks.quants()[i];
                    assertThat(quant).isBetween(form.lowest(), form.highest());
                    assertThat(Math.abs(quant * blocks.subScales()[i / Blocks.HALF]))
                            .isLessThanOrEqualTo(Blocks.MAX_PRODUCT);
                }
                assertParts(form.subScales(), blocks.subScales());
                assertParts(form.minima(), blocks.subMinima());
                for (byte minimum : blocks.subMinima()) {
                    assertThat(minimum).isNotNegative();
                }
            }
        }
    }

    private static void assertParts(Parts parts, byte[] halves) {
        for (int i = 0; i < halves.length; i += 2) {
            if (parts == Parts.NONE) {
                assertThat(halves[i]).isEqualTo((byte) 1);
            }
            if (parts != Parts.HALF) {
                assertThat(halves[i + 1]).isEqualTo(halves[i]);
            }
        }
    }

    /** In real numbers d * s * q - dmin * m; only the last subtraction, or the addition of a minimum, is rounded. */
    @ParameterizedTest
    @MethodSource("org.ryzanstein.loader.format.TensorType#blockTypes")
    void givesTheExactWeightUpToOneRounding(TensorType type) {
        Blocks source = blocks(type, GgmlGolden.name(type));
        float[] values = decoded(source);
        for (int row = 0; row < source.rows(); row++) {
            BlockRow blocks = new BlockRow(source.columns(), source.form());
            source.readBlocks(row, blocks);
            for (int i = 0; i < source.columns(); i++) {
                int b = i / Blocks.BLOCK;
                int half = i / Blocks.HALF;
                double exact = (double) blocks.scales()[b] * blocks.subScales()[half] * blocks.quants()[i];
                if (source.form().hasMinima()) {
                    exact -= (double) blocks.minima()[b] * blocks.subMinima()[half];
                }
                assertThat(values[row * source.columns() + i]).isEqualTo((float) exact);
            }
        }
    }

    @Test
    void readsRowsFromSeveralThreads() {
        Blocks source = blocks(TensorType.Q5_K, "q5_K");
        float[] expected = GgmlGolden.floats("q5_K.deq.f32");
        IntStream.range(0, 400).parallel().forEach(i -> {
            int row = i % source.rows();
            float[] values = new float[source.columns() + 3];
            source.readFloats(row, values, 3);
            assertThat(values[3]).isEqualTo(expected[row * source.columns()]);
            assertThat(values[258]).isEqualTo(expected[row * source.columns() + 255]);
        });
    }

    @ParameterizedTest
    @EnumSource(
            value = TensorType.class,
            names = {"Q8_0", "Q4_1", "Q2_K", "Q4_K", "Q6_K", "MXFP4"})
    void refusesScalesThatAreNotFinite(TensorType type) {
        int at = switch (type) {
            case Q2_K -> 80;
            case Q6_K -> 208;
            default -> 0;
        };
        byte[] packed = new byte[256 / type.blockElements() * type.blockBytes()];
        packed[at] = (byte) 0xFF;
        packed[at + 1] = 0x7E;
        Blocks source = (Blocks) GgmlGolden.sources(type, 1, 256, packed).floatsOrBlocks(NAME, 1, 256);
        assertThatThrownBy(() -> source.readFloats(0, new float[256], 0))
                .isInstanceOf(ModelFormatException.class)
                .hasMessageContaining("test.gguf: token_embd.weight row 0")
                .hasMessageContaining("the scale NaN");
    }

    @Test
    void refusesMinimaThatAreNotFinite() {
        byte[] packed = new byte[144];
        packed[3] = 0x7C;
        Blocks source =
                (Blocks) GgmlGolden.sources(TensorType.Q4_K, 1, 256, packed).floatsOrBlocks(NAME, 1, 256);
        assertThatThrownBy(() -> source.readFloats(0, new float[256], 0))
                .hasMessageContaining("the minimum Infinity, expected a finite number");
    }

    @Test
    void refusesRowsOfAnotherKind() {
        Blocks source = blocks(TensorType.Q6_K, "q6_K");
        assertThatThrownBy(() -> source.readBlocks(0, new BlockRow(512, source.form())))
                .hasMessageContaining("512 columns");
        BlockForm other = new BlockForm(0, 1, Parts.NONE, Parts.NONE);
        assertThatThrownBy(() -> source.readBlocks(0, new BlockRow(256, other)))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> source.readBlocks(4, new BlockRow(256, source.form())))
                .isInstanceOf(IndexOutOfBoundsException.class);
    }

    @Test
    void refusesOtherShapesAndTypes() {
        TensorSources blocks = GgmlGolden.sources(TensorType.Q8_0, 4, 256, GgmlGolden.bytes("q8_0.q"));
        assertThatThrownBy(() -> blocks.floatsOrBlocks(NAME, 4, 255))
                .hasMessageContaining("shape [4, 256], expected [4, 255]");
        assertThatThrownBy(() -> blocks.floats(NAME, 4, 256)).hasMessageContaining("type Q8_0");
        TensorSources ternary = GgmlGolden.sources(TensorType.TQ2_0, 1, 256, new byte[66]);
        assertThatThrownBy(() -> ternary.floatsOrBlocks(NAME, 1, 256))
                .hasMessageContaining("found type TQ2_0, expected F32, F16, BF16 or one of [Q4_0, Q4_1,");
        TensorSources torn = GgmlGolden.sources(TensorType.Q6_K, 1, 128, new byte[105]);
        assertThatThrownBy(() -> torn.floatsOrBlocks(NAME, 1, 128))
                .hasMessageContaining("128 columns of Q6_K, expected a multiple of 256");
        assertThatThrownBy(() -> BlockFormat.of(TensorType.F32)).hasMessageContaining("F32");
    }

    @Test
    void readsPlainFloatsAsMatricesToo() {
        TensorSources floats = GgmlGolden.sources(TensorType.F32, 4, 256, GgmlGolden.bytes("input.f32"));
        WeightSource source = floats.floatsOrBlocks(NAME, 4, 256);
        assertThat(source).isInstanceOf(WeightSource.Floats.class);
        assertThat(floats.refuseUnclaimed()).isEmpty();
    }
}
