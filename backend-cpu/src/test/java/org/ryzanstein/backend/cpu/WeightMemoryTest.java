package org.ryzanstein.backend.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
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
                WeightMemory.Parts parts = memory.allocateParts(new long[] {size});
                MemorySegment released = parts.part(0);
                released.fill((byte) 2);
                memory.release(parts);
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
            WeightMemory.Parts one = memory.allocateParts(new long[] {100_000});
            WeightMemory.Parts two = memory.allocateParts(new long[] {100_000});
            MemorySegment first = one.part(0);
            MemorySegment second = two.part(0);
            first.fill((byte) 1);
            second.fill((byte) 2);
            memory.release(one);
            other.release(two);
            assertThat(first.get(ValueLayout.JAVA_BYTE, 99_999)).isEqualTo((byte) 1);
            assertThat(memory.allocate(100_000).address()).isNotIn(first.address(), second.address());
            assertThat(second.get(ValueLayout.JAVA_BYTE, 0)).isEqualTo((byte) 2);
        }
    }

    @Test
    void keepsPagesOfDifferentNodesApart() {
        try (WeightMemory memory = new WeightMemory(3)) {
            Map<Long, Integer> nodeOfPage = new HashMap<>();
            List<MemorySegment> all = new ArrayList<>();
            for (long size : new long[] {70_000, 1_400_000, 3 << 20, (64 << 20) - 5, 65 << 20, 100_000}) {
                long[] sizes = {size, 0, size / 2};
                WeightMemory.Parts parts = memory.allocateParts(sizes);
                for (int node = 0; node < 3; node++) {
                    MemorySegment part = parts.part(node);
                    assertThat(part.byteSize()).isEqualTo(sizes[node]);
                    assertThat(part.address() % WeightMemory.ALIGNMENT).isZero();
                    part.fill((byte) (all.size() + 1));
                    all.add(part);
                    for (long at = 0; at < part.byteSize(); at += 4096) {
                        long page = (part.address() + at) / (2 << 20);
                        assertThat(nodeOfPage.merge(page, node, (before, own) -> before))
                                .isEqualTo(node);
                    }
                }
            }
            for (int i = 0; i < all.size(); i++) {
                byte[] expected = new byte[(int) all.get(i).byteSize()];
                Arrays.fill(expected, (byte) (i + 1));
                assertThat(all.get(i).mismatch(MemorySegment.ofArray(expected))).isEqualTo(-1);
            }
        }
    }

    @Test
    void smallPartsLieSideBySide() {
        try (WeightMemory memory = new WeightMemory(2)) {
            WeightMemory.Parts parts = memory.allocateParts(new long[] {100, 200});
            assertThat(parts.starts()).containsExactly(0, 128);
            assertThat(parts.part(1).byteSize()).isEqualTo(200);
        }
    }

    @Test
    void givesTheRoomOfAllPartsBack() {
        try (WeightMemory memory = new WeightMemory(2)) {
            memory.allocateParts(new long[] {100_000, 300_000});
            WeightMemory.Parts released = memory.allocateParts(new long[] {3 << 20, 100_000});
            released.part(0).fill((byte) 1);
            released.part(1).fill((byte) 1);
            memory.release(released);
            WeightMemory.Parts next = memory.allocateParts(new long[] {3 << 20, 100_000});
            for (int node = 0; node < 2; node++) {
                MemorySegment part = next.part(node);
                assertThat(part.mismatch(MemorySegment.ofArray(new byte[(int) part.byteSize()])))
                        .isEqualTo(-1);
            }
            assertThat(next.starts()).isEqualTo(released.starts());
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
