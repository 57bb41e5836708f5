package org.ryzanstein.backend.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class WeightMemoryTest {
    @Test
    void allocatesZeroedAlignedMemoryOfEverySize() {
        try (WeightMemory memory = new WeightMemory()) {
            List<MemorySegment> all = new ArrayList<>();
            for (long size : new long[] {0, 1, 63, 65_535, 65_537, 3 << 20, (64 << 20) - 5, 7, 100_000, 65 << 20}) {
                MemorySegment segment = memory.allocate(size);
                assertThat(segment.byteSize()).isEqualTo(size);
                assertThat(segment.address() % WeightMemory.ALIGNMENT).isZero();
                assertThat(segment.mismatch(MemorySegment.ofArray(new byte[(int) size])))
                        .isEqualTo(-1);
                segment.fill((byte) (all.size() + 1));
                all.add(segment);
            }
            for (int i = 0; i < all.size(); i++) {
                byte[] expected = new byte[(int) all.get(i).byteSize()];
                Arrays.fill(expected, (byte) (i + 1));
                assertThat(all.get(i).mismatch(MemorySegment.ofArray(expected))).isEqualTo(-1);
            }
        }
    }

    @Test
    void refusesUseAfterItWasClosed() {
        WeightMemory memory = new WeightMemory();
        MemorySegment segment = memory.allocate(1 << 20);
        memory.close();
        memory.close();

        assertThatIllegalStateException().isThrownBy(() -> segment.get(ValueLayout.JAVA_BYTE, 0));
    }

    @Test
    void refusesANegativeSize() {
        try (WeightMemory memory = new WeightMemory()) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> memory.allocate(-1))
                    .withMessageContaining("-1");
        }
    }
}
