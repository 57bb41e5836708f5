package org.ryzanstein.loader.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.ryzanstein.loader.Ryzanstein;
import org.ryzanstein.loader.format.BlockEncoder;
import org.ryzanstein.loader.format.TensorRole;

/** The embedded model with a block-quantised table, which is both the embedding and the head, as published files have it. */
class QuantizedTableTest {
    private static final int ROWS = 2048;
    private static final int COLUMNS = 256;

    @TempDir
    Path scratch;

    private Path quantized(BlockEncoder encoder) throws IOException {
        float[] values = TinyModel.values(TensorRole.TOKEN_EMBEDDING, ROWS, COLUMNS);
        byte[] packed = new byte
                [values.length / encoder.type().blockElements() * encoder.type().blockBytes()];
        encoder.encode(values, 0, values.length, packed, 0);
        return TinyModel.embedded()
                .withTensor("token_embd.weight", encoder.type(), List.of((long) ROWS, (long) COLUMNS), packed)
                .write(scratch.resolve(encoder + ".gguf"));
    }

    /** The root mean square of the differences follows the precision of the type. */
    @ParameterizedTest
    @CsvSource({"Q8_0, 0.1", "Q6_K, 0.15", "Q4_K, 0.4", "Q4_0, 0.5"})
    void givesTheLogitsUpToThePrecisionOfTheType(BlockEncoder encoder, double tolerance, TestReporter reporter)
            throws IOException, InterruptedException {
        Reference.Prompt prompt = Reference.prompts().getFirst();
        double squares = 0;
        int count = 0;
        try (Engine engine = Ryzanstein.open(
                EngineOptions.defaults().withModel(quantized(encoder)).withThreads(2))) {
            float[][] found = new float[prompt.ids().length][];
            engine.submit(
                            GenerationRequest.greedy(prompt.ids(), 0)
                                    .withLogits(0, (position, logits) -> found[position] = logits.clone()),
                            GenerationListener.NONE)
                    .await();
            for (int position = 0; position < found.length; position++) {
                double[] expected = Reference.logits(prompt, position);
                assertThat(found[position]).hasSameSizeAs(expected);
                for (int i = 0; i < expected.length; i++) {
                    squares += Math.pow(found[position][i] - expected[i], 2);
                }
                count += expected.length;
            }
        }
        double error = Math.sqrt(squares / count);
        reporter.publishEntry(encoder + ": logits' root mean square distance from float64", Double.toString(error));
        assertThat(error).isLessThan(tolerance);
    }
}
