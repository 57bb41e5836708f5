package org.ryzanstein.loader.kvcache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class BlockPoolTest {
    @Test
    void givesEachBlockOnce() {
        BlockPool pool = new BlockPool(5);
        assertThat(pool.total()).isEqualTo(5);
        assertThat(pool.available()).isEqualTo(5);
        int[] first = pool.take(2);
        int[] second = pool.take(3);
        assertThat(pool.available()).isZero();
        assertThat(IntStream.concat(IntStream.of(first), IntStream.of(second)))
                .containsExactlyInAnyOrder(0, 1, 2, 3, 4);
    }

    @Test
    void takesBackAndGivesAgain() {
        BlockPool pool = new BlockPool(3);
        int[] first = pool.take(2);
        pool.release(first);
        assertThat(pool.available()).isEqualTo(3);
        assertThat(pool.take(3)).containsExactlyInAnyOrder(0, 1, 2);
        assertThat(pool.take(0)).isEmpty();
    }

    @Test
    void refusesMoreThanItHas() {
        BlockPool pool = new BlockPool(3);
        pool.take(2);
        assertThatIllegalStateException().isThrownBy(() -> pool.take(2)).withMessage("2 KV blocks wanted, 1 are free");
        assertThat(pool.available()).isEqualTo(1);
    }

    @Test
    void refusesMoreBackThanItGave() {
        BlockPool pool = new BlockPool(3);
        int[] taken = pool.take(1);
        pool.release(taken);
        assertThatIllegalStateException().isThrownBy(() -> pool.release(taken)).withMessageContaining("twice");
        assertThat(pool.available()).isEqualTo(3);
    }
}
