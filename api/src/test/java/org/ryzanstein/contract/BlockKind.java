package org.ryzanstein.contract;

import java.util.List;
import org.ryzanstein.api.weight.BlockForm;
import org.ryzanstein.api.weight.BlockForm.Parts;

/**
 * Forms of block-quantised weights.
 *
 * @param lowestScale least sub-scale
 * @param highestScale greatest sub-scale
 * @param highestMinimum greatest sub-minimum; the least is 1 where it is 1 and otherwise 0
 */
record BlockKind(String name, BlockForm form, int lowestScale, int highestScale, int highestMinimum) {
    static final BlockKind PLAIN = new BlockKind("int8 (Q8_0)", -128, 127, Parts.NONE, 1, 1, Parts.NONE, 0);

    static final BlockKind HALVES = new BlockKind("halves (Q6_K)", -32, 31, Parts.HALF, -128, 127, Parts.NONE, 0);

    static final BlockKind NIBBLES = new BlockKind("nibbles (Q4_0)", -8, 7, Parts.NONE, 1, 1, Parts.NONE, 0);

    static final BlockKind NIBBLES_WITH_MINIMA =
            new BlockKind("nibbles with minima (Q4_K)", 0, 15, Parts.BLOCK, 0, 63, Parts.BLOCK, 63);

    /** Those of the commonest file types: Q8_0, Q4_0, Q4_K and Q6_K. */
    static final List<BlockKind> COMMON = List.of(PLAIN, NIBBLES, NIBBLES_WITH_MINIMA, HALVES);

    /** Those of file types, and the widest that the SPI allows. */
    static final List<BlockKind> ALL = List.of(
            PLAIN,
            HALVES,
            NIBBLES,
            NIBBLES_WITH_MINIMA,
            new BlockKind("with minimum (Q5_1)", 0, 31, Parts.NONE, 1, 1, Parts.BLOCK, 1),
            new BlockKind("halves with minima (Q2_K)", 0, 3, Parts.HALF, 0, 15, Parts.HALF, 15),
            new BlockKind("halves of three bits (Q3_K)", -4, 3, Parts.HALF, -32, 31, Parts.NONE, 0),
            new BlockKind("blocks with minima (Q5_K)", 0, 31, Parts.BLOCK, 0, 63, Parts.BLOCK, 63),
            new BlockKind("scaled bytes (IQ4_XS)", -127, 113, Parts.BLOCK, -32, 31, Parts.NONE, 0),
            new BlockKind("widest sub-scales", -32, 32, Parts.HALF, -128, 127, Parts.HALF, 127),
            new BlockKind("widest quants", -128, 127, Parts.HALF, -32, 32, Parts.HALF, 127));

    /** What the numbers of a matrix are. */
    enum Content {
        RANDOM,
        /** Every quant and sub-scale is the least. */
        LOWEST,
        /** Every quant, sub-scale and sub-minimum is the greatest. */
        HIGHEST,
        /** Least and greatest, element by element. */
        EXTREMES
    }

    private BlockKind(
            String name,
            int lowest,
            int highest,
            Parts subScales,
            int lowestScale,
            int highestScale,
            Parts minima,
            int highestMinimum) {
        this(name, new BlockForm(lowest, highest, subScales, minima), lowestScale, highestScale, highestMinimum);
    }

    @Override
    public String toString() {
        return name;
    }

    TestWeights.Blocks weights(String name, Content content, Numbers numbers, int rows, int columns) {
        int blocks = columns / 32;
        byte[][] quants = new byte[rows][columns];
        byte[][] subScales = new byte[rows][2 * blocks];
        byte[][] subMinima = new byte[rows][2 * blocks];
        for (int row = 0; row < rows; row++) {
            for (int i = 0; i < columns; i++) {
                quants[row][i] = pick(content, numbers, form.lowest(), form.highest());
            }
            fill(subScales[row], form.subScales(), content, numbers, lowestScale, highestScale);
            fill(subMinima[row], form.minima(), content, numbers, highestMinimum == 1 ? 1 : 0, highestMinimum);
        }
        float[][] scales = factors(numbers, rows, blocks);
        float[][] minima = form.hasMinima() ? factors(numbers, rows, blocks) : new float[rows][0];
        return new TestWeights.Blocks(
                name, form, new NaiveKernels.BlockWeights(quants, subScales, scales, subMinima, minima));
    }

    private static void fill(byte[] halves, Parts parts, Content content, Numbers numbers, int low, int high) {
        for (int b = 0; b < halves.length; b += 2) {
            halves[b] = pick(content, numbers, low, high);
            halves[b + 1] = parts == Parts.HALF ? pick(content, numbers, low, high) : halves[b];
        }
    }

    private static byte pick(Content content, Numbers numbers, int low, int high) {
        return (byte)
                switch (content) {
                    case RANDOM -> low + numbers.below(high - low + 1);
                    case LOWEST -> low;
                    case HIGHEST -> high;
                    case EXTREMES -> numbers.below(2) == 0 ? low : high;
                };
    }

    /** Scales as float16 holds them: zeros of both signs, subnormal and great ones among them. */
    private static float[][] factors(Numbers numbers, int rows, int blocks) {
        float[][] factors = numbers.normals(rows, blocks, 0.01f);
        for (float[] row : factors) {
            for (int b = 0; b < blocks; b++) {
                row[b] = switch (numbers.below(20)) {
                    case 0 -> 0f;
                    case 1 -> -0f;
                    case 2 -> 0x1p-24f;
                    case 3 -> -65504f;
                    default -> Float.float16ToFloat(Float.floatToFloat16(row[b]));
                };
            }
        }
        return factors;
    }
}
