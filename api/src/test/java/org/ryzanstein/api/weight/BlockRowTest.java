package org.ryzanstein.api.weight;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.ryzanstein.api.weight.BlockForm.Parts;
import org.ryzanstein.api.weight.WeightSource.Blocks;

class BlockRowTest {
    private static final BlockForm PLAIN = new BlockForm(-128, 127, Parts.NONE, Parts.NONE);
    private static final BlockForm FULL = new BlockForm(0, 31, Parts.HALF, Parts.HALF);

    /** Two rows of one block: quant = column, times 3 (and 5 in the second half), minus 2 (and 4). */
    private record Ramp(BlockForm form) implements Blocks {
        @Override
        public String name() {
            return "ramp";
        }

        @Override
        public int rows() {
            return 2;
        }

        @Override
        public int columns() {
            return BLOCK;
        }

        @Override
        public void readBlocks(int row, BlockRow destination) {
            for (int i = 0; i < BLOCK; i++) {
                destination.quants()[i] = (byte) i;
            }
            destination.scales()[0] = row + 0.5f;
            if (form.hasMinima()) {
                destination.subScales()[0] = 3;
                destination.subScales()[1] = 5;
                destination.subMinima()[0] = 2;
                destination.subMinima()[1] = 4;
                destination.minima()[0] = 0.25f;
            }
        }
    }

    @Test
    void decodesScalesAndMinimaOfHalves() {
        float[] values = new float[40];
        new Ramp(FULL).readFloats(1, values, 7);
        assertThat(values[7]).isEqualTo(-0.5f);
        assertThat(values[7 + 15]).isEqualTo(1.5f * 3 * 15 - 0.5f);
        assertThat(values[7 + 16]).isEqualTo(1.5f * 5 * 16 - 1f);
        assertThat(values[7 + 31]).isEqualTo(1.5f * 5 * 31 - 1f);
        assertThat(Arrays.copyOf(values, 7)).containsOnly(0f);
        assertThat(values[39]).isZero();
    }

    @Test
    void countsAbsentSubScalesAsOne() {
        float[] values = new float[32];
        new Ramp(PLAIN).readFloats(0, values, 0);
        assertThat(values[0]).isZero();
        assertThat(values[31]).isEqualTo(15.5f);
    }

    @Test
    void hasNoArraysForAbsentMinima() {
        BlockRow row = new BlockRow(96, PLAIN);
        assertThat(row.columns()).isEqualTo(96);
        assertThat(row.blocks()).isEqualTo(3);
        assertThat(row.subScales()).containsOnly(1).hasSize(6);
        assertThat(row.minima()).isEmpty();
        assertThat(row.subMinima()).isEmpty();
        assertThat(row.form()).isEqualTo(PLAIN);
        assertThat(new BlockRow(32, FULL).subMinima()).containsOnly(1).hasSize(2);
    }

    @Test
    void refusesRowsThatAreNoWholeBlocks() {
        assertThatThrownBy(() -> new BlockRow(40, PLAIN)).hasMessageContaining("40 columns");
        assertThatThrownBy(() -> new BlockRow(0, PLAIN)).hasMessageContaining("multiple of 32");
        assertThatThrownBy(() -> new BlockRow(32, PLAIN).decode(new float[32], 1))
                .isInstanceOf(IndexOutOfBoundsException.class);
    }

    @Test
    void refusesQuantsBeyondInt8() {
        assertThatThrownBy(() -> new BlockForm(-129, 0, Parts.NONE, Parts.NONE)).hasMessageContaining("-129");
        assertThatThrownBy(() -> new BlockForm(0, 128, Parts.NONE, Parts.NONE)).hasMessageContaining("128");
        assertThatThrownBy(() -> new BlockForm(1, 0, Parts.NONE, Parts.NONE)).hasMessageContaining("1 .. 0");
    }
}
