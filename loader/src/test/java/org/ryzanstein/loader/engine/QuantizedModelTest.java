package org.ryzanstein.loader.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.ryzanstein.loader.Ryzanstein;
import org.ryzanstein.loader.format.TensorType;
import org.ryzanstein.loader.progress.ProgressListener;
import org.ryzanstein.loader.quantize.QuantizationOptions;
import org.ryzanstein.loader.quantize.Quantizer;

/** What the quantiser writes of bitnet-tiny generates the reference's text. */
class QuantizedModelTest {
    @TempDir
    Path scratch;

    @ParameterizedTest
    @CsvSource({"PACKED, TQ1_0", "PACKED, TQ2_0", "PACKED, I2_S", "MASTER, TQ1_0", "MASTER, TQ2_0", "MASTER, I2_S"})
    void greedyTextEqualsTheReferenceUpToTheFirstUnclearStep(Encoding source, TensorType type)
            throws IOException, InterruptedException {
        Path target = scratch.resolve("quantised.gguf");
        Quantizer.quantize(
                source.locate(scratch).orElseThrow(),
                target,
                QuantizationOptions.of(type).withHead(TensorType.F32),
                ProgressListener.NONE);
        int compared = 0;
        try (Engine engine =
                Ryzanstein.open(EngineOptions.defaults().withModel(target).withThreads(2))) {
            for (Reference.Prompt prompt : Reference.prompts()) {
                int clear = prompt.firstUnclearStep();
                int[] ids = engine.submit(
                                GenerationRequest.greedy(prompt.ids(), clear).withIgnoreEndOfGeneration(true),
                                GenerationListener.NONE)
                        .await()
                        .ids();
                assertThat(ids).as("%s", prompt).isEqualTo(Arrays.copyOf(prompt.greedy(), clear));
                compared += clear;
            }
        }
        assertThat(compared).isPositive();
    }
}
