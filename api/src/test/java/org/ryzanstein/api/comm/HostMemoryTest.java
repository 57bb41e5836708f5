package org.ryzanstein.api.comm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.junit.jupiter.api.Test;
import org.ryzanstein.api.kernel.Buffer;
import org.ryzanstein.api.kernel.ElementType;

class HostMemoryTest {
    @Test
    void sharesTheCallersArray() {
        int[] array = {1, 2, 3, 4};
        HostMemory part = HostMemory.of(array, 1, 2);
        part.memory().setAtIndex(ValueLayout.JAVA_INT, 1, 9);
        assertThat(array).containsExactly(1, 2, 9, 4);
        assertThat(part.rows()).isEqualTo(2);
        assertThat(part.columns()).isEqualTo(1);
        assertThat(part.elementType()).isEqualTo(ElementType.INT32);
        assertThat(HostMemory.of(new float[3], 1, 2).elementType()).isEqualTo(ElementType.FLOAT32);
        assertThat(HostMemory.of(array).rows()).isEqualTo(4);
        assertThat(HostMemory.of(new float[3]).rows()).isEqualTo(3);
    }

    @Test
    void sharesTheCallersByteBuffer() {
        ByteBuffer bytes = ByteBuffer.allocateDirect(20).order(ByteOrder.nativeOrder());
        HostMemory memory = HostMemory.of(bytes.position(4), ElementType.FLOAT32);
        memory.memory().setAtIndex(ValueLayout.JAVA_FLOAT, 0, 2.5f);
        assertThat(memory.rows()).isEqualTo(4);
        assertThat(bytes.getFloat(4)).isEqualTo(2.5f);
    }

    @Test
    void columnViewsBeginAtTheirFirstElement() {
        int[] array = {0, 1, 2, 10, 11, 12};
        Buffer matrix = HostMemory.matrix(MemorySegment.ofArray(array), ElementType.INT32, 2, 3, 3);
        Buffer last = matrix.slice(2, 1);
        assertThat(last.stride()).isEqualTo(3);
        assertThat(last.memory().getAtIndex(ValueLayout.JAVA_INT, last.stride()))
                .isEqualTo(12);
        assertThat(matrix.slice(3, 0).columns()).isZero();
        assertThat(HostMemory.of(new int[0]).slice(1, 0).rows()).isZero();
        assertThat(last.rowSet()).isNotNull();
    }

    @Test
    void refusesMatricesThatTheMemoryDoesNotHold() {
        MemorySegment memory = MemorySegment.ofArray(new int[6]);
        assertThat(HostMemory.matrix(memory, ElementType.INT32, 2, 2, 4).rows()).isEqualTo(2);
        assertThatThrownBy(() -> HostMemory.matrix(memory, ElementType.INT32, 2, 3, 4))
                .hasMessageContaining("need 28 bytes, the memory has 24");
        assertThatThrownBy(() -> HostMemory.matrix(memory, ElementType.INT32, 2, 3, 2))
                .hasMessageContaining("stride of 2");
        assertThatThrownBy(() -> HostMemory.of(new int[3], 2, 2)).isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> HostMemory.of(new int[3]).slice(0, 2)).isInstanceOf(IndexOutOfBoundsException.class);
    }

    @Test
    void theHostQueueCopiesRows() {
        int[] array = new int[8];
        Buffer matrix = HostMemory.matrix(MemorySegment.ofArray(array), ElementType.INT32, 2, 4, 4);
        HostQueue.INSTANCE.upload(MemorySegment.ofArray(new int[] {1, 2, 3, 4}), matrix.slice(1, 2), 2);
        assertThat(array).containsExactly(0, 1, 2, 0, 0, 3, 4, 0);
        int[] back = new int[4];
        HostQueue.INSTANCE.download(matrix.slice(2, 2), 2, MemorySegment.ofArray(back));
        HostQueue.INSTANCE.await();
        assertThat(back).containsExactly(2, 0, 4, 0);
        assertThat(HostQueue.INSTANCE.nativeHandle()).isZero();
    }
}
