package org.ryzanstein.api.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class ShapesTest {
    @Test
    void countsTheBytesOfACache() {
        assertThat(new KvSpec(30, 5, 128, 256, 16, KvType.FLOAT32).bytes()).isEqualTo(2L * 30 * 5 * 128 * 4096 * 4);
        assertThat(new KvSpec(1, 0, 128, 1, 16, KvType.FLOAT32).bytes()).isZero();
    }

    @Test
    void refusesToOverflowACount() {
        KvSpec spec = new KvSpec(
                Integer.MAX_VALUE, Integer.MAX_VALUE, Integer.MAX_VALUE, Integer.MAX_VALUE, 256, KvType.FLOAT32);
        assertThatThrownBy(spec::bytes).isInstanceOf(ArithmeticException.class);
    }

    @ParameterizedTest
    @CsvSource({"0,1,1,1", "1,-1,1,1", "1,1,0,1", "1,1,1,0"})
    void refusesCachesWithoutAShape(int layers, int kvHeads, int headDimension, int blocks) {
        assertThatThrownBy(() -> new KvSpec(layers, kvHeads, headDimension, blocks, 16, KvType.FLOAT32))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("not a shape");
    }

    @ParameterizedTest
    @ValueSource(ints = {0, -16, 3, 24, 512})
    void refusesBlocksThatDoNotDivideAnAttentionBlock(int blockPositions) {
        assertThatThrownBy(() -> new KvSpec(1, 1, 8, 1, blockPositions, KvType.FLOAT32))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("divides 256");
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 16, 32, 128, 256})
    void acceptsBlocksThatDivideAnAttentionBlock(int blockPositions) {
        assertThat(new KvSpec(1, 1, 8, 1, blockPositions, KvType.FLOAT32).blockPositions())
                .isEqualTo(blockPositions);
    }

    @ParameterizedTest
    @CsvSource({"0,0", "1,2", "4,-1"})
    void refusesStepsWithoutAShape(int tokens, int outputs) {
        assertThatThrownBy(() -> new StepShape(tokens, outputs)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void keepsTheShapeOfAStep() {
        assertThat(new StepShape(8, 8)).isEqualTo(new StepShape(8, 8)).isNotEqualTo(new StepShape(8, 7));
    }

    @ParameterizedTest
    @EnumSource
    void countsFourBytesForEveryElementType(ElementType type) {
        int bytes = switch (type) {
            case FLOAT32 -> Float.BYTES;
            case INT32 -> Integer.BYTES;
        };
        assertThat(bytes).isEqualTo(ElementType.BYTES);
    }

    @Test
    void namesTheTensorThatIsNotSupported() {
        assertThat(new UnsupportedWeightsException("blk.0: no kernel")).hasMessage("blk.0: no kernel");
    }
}
