package org.ryzanstein.loader.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.ryzanstein.api.weight.WeightSource.Blocks;

class BlockEncoderTest {
    private static byte[] encode(BlockEncoder encoder, float[] values) {
        TensorType type = encoder.type();
        byte[] packed = new byte[values.length / type.blockElements() * type.blockBytes()];
        assertThat(encoder.encode(values, 0, values.length, packed, 0)).isEqualTo(packed.length);
        return packed;
    }

    private static void assertLikeLlamaCpp(BlockEncoder encoder, String input) {
        byte[] found = encode(encoder, GgmlGolden.floats(input + ".f32"));
        byte[] expected = GgmlGolden.bytes(input + "." + GgmlGolden.name(encoder.type()) + "-ref.q");
        assertThat(found).hasSameSizeAs(expected);
        int block = encoder.type().blockBytes();
        for (int from = 0; from < found.length; from += block) {
            assertThat(Arrays.copyOfRange(found, from, from + block))
                    .as("block " + from / block)
                    .isEqualTo(Arrays.copyOfRange(expected, from, from + block));
        }
    }

    @ParameterizedTest
    @EnumSource
    void writesTheBytesThatLlamaCppWrites(BlockEncoder encoder) {
        assertLikeLlamaCpp(encoder, "input");
    }

    @ParameterizedTest
    @EnumSource
    void writesTheBytesThatLlamaCppWritesOfHardBlocks(BlockEncoder encoder) {
        assertLikeLlamaCpp(encoder, "hard");
    }

    @ParameterizedTest
    @EnumSource
    void errsLittleMoreThanWithAnImportanceMatrix(BlockEncoder encoder) {
        float[] values = GgmlGolden.floats("input.f32");
        String name = GgmlGolden.name(encoder.type());
        double golden = rootMeanSquare(values, GgmlGolden.floats(name + ".deq.f32"));
        assertThat(rootMeanSquare(values, decode(encoder, encode(encoder, values))))
                .isBetween(golden / 2, golden * 1.2);
    }

    private static float[] decode(BlockEncoder encoder, byte[] packed) {
        int rows = packed.length / encoder.type().blockBytes() * encoder.type().blockElements() / 256;
        Blocks source = (Blocks) GgmlGolden.sources(encoder.type(), rows, 256, packed)
                .floatsOrBlocks(TensorName.of(TensorRole.TOKEN_EMBEDDING), rows, 256);
        float[] values = new float[rows * 256];
        for (int row = 0; row < rows; row++) {
            source.readFloats(row, values, row * 256);
        }
        return values;
    }

    private static double rootMeanSquare(float[] a, float[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += Math.pow((double) a[i] - b[i], 2);
        }
        return Math.sqrt(sum / a.length);
    }

    @ParameterizedTest
    @EnumSource
    void encodesInPieces(BlockEncoder encoder) {
        float[] values = GgmlGolden.floats("input.f32");
        byte[] whole = encode(encoder, values);
        byte[] pieces = new byte[whole.length + 5];
        int at = 5;
        for (int from = 0; from < values.length; from += 256) {
            at = encoder.encode(values, from, 256, pieces, at);
        }
        assertThat(at).isEqualTo(pieces.length);
        assertThat(Arrays.copyOfRange(pieces, 5, at)).isEqualTo(whole);
    }

    @ParameterizedTest
    @EnumSource
    void encodesSubnormalValuesAsZeros(BlockEncoder encoder) {
        float[] values = new float[256];
        Arrays.fill(values, Float.MIN_VALUE);
        values[3] = -3 * Float.MIN_VALUE;
        for (float value : decode(encoder, encode(encoder, values))) {
            assertThat(value).isZero();
        }
    }

    @ParameterizedTest
    @EnumSource
    void refusesValuesThatTheTypeCannotHold(BlockEncoder encoder) {
        float[] values = new float[256];
        values[7] = Float.NaN;
        assertThatThrownBy(() -> encode(encoder, values))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("value 7 is NaN");
        values[7] = -1e30f;
        assertThatThrownBy(() -> encode(encoder, values)).hasMessageContaining("value 7 is -1.0E30");
        values[7] = 9e8f;
        assertThatThrownBy(() -> encode(encoder, values))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("float16 cannot hold");
    }

    @Test
    void refusesPiecesOfBlocksAndOtherTypes() {
        assertThatThrownBy(() -> BlockEncoder.Q4_K.encode(new float[32], 0, 32, new byte[144], 0))
                .hasMessageContaining("32 values are no whole blocks of 256");
        assertThat(BlockEncoder.of(TensorType.Q4_0)).isEqualTo(BlockEncoder.Q4_0);
        assertThatThrownBy(() -> BlockEncoder.of(TensorType.Q5_K))
                .hasMessageContaining("use one of [Q8_0, Q4_0, Q5_0, Q4_K");
    }
}
