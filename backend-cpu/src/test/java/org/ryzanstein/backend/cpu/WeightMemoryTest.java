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
    void givesTheRoomOfWhatIsReleasedToTheNext() {
        try (WeightMemory memory = new WeightMemory()) {
            memory.allocate(100_000).fill((byte) 1);
            for (int size : new int[] {70_000, 5 << 20, (64 << 20) - (1 << 20), 70 << 20, 100}) {
                MemorySegment released = memory.allocate(size);
                released.fill((byte) 2);
                memory.release(released);
                MemorySegment next = memory.allocate(size);
                assertThat(next.mismatch(MemorySegment.ofArray(new byte[size]))).isEqualTo(-1);
                assertThat(next.address() == released.address())
                        .isEqualTo(
                                size > 65_536 && System.getProperty("os.name").equals("Linux"));
            }
        }
    }

    @Test
    void keepsWhatWasNotAllocatedLast() {
        try (WeightMemory memory = new WeightMemory();
                WeightMemory other = new WeightMemory()) {
            MemorySegment first = memory.allocate(100_000);
            MemorySegment second = memory.allocate(100_000);
            first.fill((byte) 1);
            second.fill((byte) 2);
            memory.release(first);
            other.release(second);
            assertThat(first.get(ValueLayout.JAVA_BYTE, 99_999)).isEqualTo((byte) 1);
            assertThat(memory.allocate(100_000).address()).isNotIn(first.address(), second.address());
            assertThat(second.get(ValueLayout.JAVA_BYTE, 0)).isEqualTo((byte) 2);
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
