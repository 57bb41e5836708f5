package org.ryzanstein.backend.avx2;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.ryzanstein.api.kernel.ElementType;
import org.ryzanstein.api.kernel.RowSet;
import org.ryzanstein.api.kernel.ThreadTeam;
import org.ryzanstein.api.weight.WeightSource;
import org.ryzanstein.backend.cpu.CpuBackend;
import org.ryzanstein.backend.cpu.HostBuffer;
import org.ryzanstein.backend.cpu.Parallel;
import org.ryzanstein.backend.cpu.TernaryInput;
import org.ryzanstein.backend.cpu.WeightMemory;

class NibbleMatrixTest {
    private static final ThreadTeam ALONE = new ThreadTeam() {
        @Override
        public int size() {
            return 1;
        }

        @Override
        public void run(Task task) {
            task.run(0);
        }

        @Override
        public void barrier() {}
    };

    private record Source(byte[][] digits) implements WeightSource.Ternary {
        @Override
        public String name() {
            return "test";
        }

        @Override
        public int rows() {
            return digits.length;
        }

        @Override
        public int columns() {
            return digits[0].length;
        }

        @Override
        public void readDigits(int row, byte[] target, int offset) {
            System.arraycopy(digits[row], 0, target, offset, digits[row].length);
        }

        @Override
        public float scale(int row) {
            return 1f;
        }
    }

    private static byte[][] digits(int seed, int rows, int columns, int limit) {
        Random random = new Random(seed);
        byte[][] all = new byte[rows][columns];
        for (byte[] row : all) {
            for (int i = 0; i < columns; i++) {
                row[i] = (byte) (random.nextInt(2 * limit + 1) - limit);
            }
        }
        return all;
    }

    private static int[][] product(byte[][] activations, byte[][] weights) {
        return Arrays.stream(activations)
                .map(x -> Arrays.stream(weights).mapToInt(w -> dot(x, w)).toArray())
                .toArray(int[][]::new);
    }

    private static int dot(byte[] a, byte[] b) {
        int sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += a[i] * b[i];
        }
        return sum;
    }

    private static int[][] multiply(byte[][] activations, byte[][] weights) {
        int columns = weights[0].length;
        TernaryInput input = new TernaryInput(activations.length, columns);
        for (int row = 0; row < activations.length; row++) {
            System.arraycopy(activations[row], 0, input.bytes(), row * input.stride(), columns);
        }
        try (WeightMemory memory = new WeightMemory();
                CpuBackend backend = new CpuBackend(new VectorKernels("test"), ALONE)) {
            NibbleMatrix matrix = NibbleMatrix.pack(
                    new Source(weights), new Parallel(ALONE), memory, ThreadLocal.withInitial(NibbleScratch::new));
            HostBuffer sums =
                    (HostBuffer) backend.allocate(ElementType.INT32, RowSet.TOKENS, activations.length, weights.length);
            Arrays.fill(sums.ints(), -1);
            matrix.multiply(input, activations.length, 0, weights.length, sums);
            int[][] result = new int[activations.length][];
            for (int row = 0; row < result.length; row++) {
                result[row] = Arrays.copyOfRange(sums.ints(), sums.row(row), sums.row(row) + weights.length);
            }
            return result;
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 8, 9, 15, 16, 17, 24, 25, 31, 32, 41, 70})
    void multipliesBatchesOfAllSizes(int tokens) {
        byte[][] activations = digits(tokens, tokens, 600, 127);
        byte[][] weights = digits(2, 150, 600, 1);

        assertThat(multiply(activations, weights)).isDeepEqualTo(product(activations, weights));
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3, 4, 5, 15, 16, 17, 48, 252, 255, 256, 257, 271, 272, 289, 528})
    void multipliesRowsOfAllLengths(int columns) {
        byte[][] activations = digits(columns, 19, columns, 127);
        byte[][] weights = digits(3, 65, columns, 1);

        assertThat(multiply(activations, weights)).isDeepEqualTo(product(activations, weights));
    }

    @Test
    void multipliesMatricesOfSeveralTiles() {
        byte[][] activations = digits(4, 16, 40, 127);
        byte[][] weights = digits(5, 2 * TokenScratch.BLOCKS * NibbleShape.ROWS + 5, 40, 1);

        assertThat(multiply(activations, weights)).isDeepEqualTo(product(activations, weights));
    }

    @ParameterizedTest
    @ValueSource(ints = {1, -1})
    void holdsTheLargestSums(int sign) {
        byte[][] activations = new byte[17][1024];
        for (int row = 0; row < activations.length; row++) {
            Arrays.fill(activations[row], (byte) (row % 2 == 0 ? 127 : -127));
        }
        byte[][] weights = new byte[64][1024];
        for (byte[] row : weights) {
            Arrays.fill(row, (byte) sign);
        }

        assertThat(multiply(activations, weights)).isDeepEqualTo(product(activations, weights));
    }

    @Test
    void refusesADigitThatIsNotTernary() {
        byte[][] weights = digits(6, 70, 20, 1);
        weights[66][18] = 2;

        assertThatThrownBy(() -> multiply(digits(7, 1, 20, 127), weights))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("test: row 66, column 18: digit 2, expected -1, 0 or 1");
    }
}
