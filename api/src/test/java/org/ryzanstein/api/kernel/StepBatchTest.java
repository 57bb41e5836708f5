package org.ryzanstein.api.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class StepBatchTest {
    @Test
    void keepsTokensInTheirOrder() {
        StepBatch batch = new StepBatch(4, 2, 3);
        batch.add(10, 1, 5, 0);
        batch.add(11, 1, 6, 3);
        batch.add(12, 0, 0, StepBatch.DISTRIBUTION);
        assertThat(batch.capacity()).isEqualTo(4);
        assertThat(batch.tokens()).isEqualTo(3);
        assertThat(batch.id(1)).isEqualTo(11);
        assertThat(batch.slot(1)).isEqualTo(1);
        assertThat(batch.position(1)).isEqualTo(6);
        assertThat(batch.wanted(1)).isEqualTo(3);
        assertThat(batch.outputs()).isEqualTo(2);
        assertThat(batch.outputToken(0)).isEqualTo(1);
        assertThat(batch.outputToken(1)).isEqualTo(2);
        assertThat(batch).hasToString("StepBatch[3 tokens, positions [5, 6, 0]]");
    }

    @Test
    void forgetsTokensButNotBlockTables() {
        StepBatch batch = new StepBatch(2, 2, 3);
        batch.setBlock(1, 2, 77);
        batch.add(1, 0, 0, 1);
        batch.clear();
        assertThat(batch.tokens()).isZero();
        assertThat(batch.outputs()).isZero();
        assertThat(batch.block(1, 2)).isEqualTo(77);
        batch.add(2, 0, 0, 0);
        assertThat(batch.id(0)).isEqualTo(2);
    }

    @Test
    void refusesMoreTokensThanItHasRoomFor() {
        StepBatch batch = new StepBatch(1, 1, 1);
        batch.add(1, 0, 0, 0);
        assertThatThrownBy(() -> batch.add(1, 0, 1, 0))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("full");
    }

    @Test
    void refusesSlotsPositionsAndWantsOutOfRange() {
        StepBatch batch = new StepBatch(3, 2, 1);
        assertThatThrownBy(() -> batch.add(9, 2, 0, 0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("slot 2");
        assertThatThrownBy(() -> batch.add(9, -1, 0, 0)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> batch.add(9, 0, -1, 0)).hasMessageContaining("position -1");
        assertThatThrownBy(() -> batch.add(9, 0, 0, -2)).hasMessageContaining("wanted -2");
        assertThat(batch.tokens()).isZero();
    }

    @Test
    void refusesPositionsOfASlotThatDoNotRise() {
        StepBatch batch = new StepBatch(3, 2, 1);
        batch.add(1, 0, 4, 0);
        assertThatThrownBy(() -> batch.add(1, 0, 4, 0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("position 4 after 4");
        batch.add(1, 1, 4, 0);
    }
}
