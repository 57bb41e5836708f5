package org.ryzanstein.loader.format;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.ryzanstein.loader.progress.ProgressListener;

class ModelInspectionTest {
    private static final String HASH = "39cf5aa88620f44d6cb46b15e83ae99d1c6f66d546d5c6b17ffdec4782048101";

    @TempDir
    Path folder;

    @Test
    void showsTheEmbeddedModel() throws IOException {
        try (ModelFile model = ModelFile.open(TestFiles.I2S)) {
            ModelInspection inspection = ModelInspection.of(model, true);
            assertThat(inspection.container()).isEqualTo("GGUF 3");
            assertThat(inspection.architecture()).contains("bitnet-b1.58");
            assertThat(inspection.parameters()).isEqualTo(3_676_416);
            assertThat(inspection.bytes()).isEqualTo(Files.size(TestFiles.I2S));
            assertThat(inspection.sha256()).contains(HASH);
            assertThat(inspection.totals())
                    .containsExactly(
                            new ModelInspection.Total("F32", 18, 530_688, 2_122_752),
                            new ModelInspection.Total("I2_S", 28, 3_145_728, 787_328));
            assertThat(inspection.metadata())
                    .contains(new ModelInspection.Field("bitnet-b1.58.block_count", "uint32", "4"))
                    .filteredOn(field -> field.key().equals("tokenizer.ggml.tokens"))
                    .allSatisfy(field -> assertThat(field.value()).contains("... 2048 in all"));
            JsonNode json = JsonMapper.builder().build().readTree(inspection.json());
            assertThat(json.get("sha256").textValue()).isEqualTo(HASH);
            assertThat(json.get("tensors")).hasSize(46);
            assertThat(json.at("/tensors/0/shape/0").intValue()).isEqualTo(2048);
            assertThat(json.at("/totals/0/type").textValue()).isEqualTo("F32");
        }
    }

    @Test
    void theCardTellsTheHash() throws IOException {
        assertThat(Files.readString(TestFiles.I2S.resolveSibling("bitnet-tiny.md")))
                .contains(HASH);
    }

    @Test
    void countsPackedWeightsFourToAByte() {
        try (ModelFile model = ModelFile.open(TestFiles.PACKED)) {
            ModelInspection inspection = ModelInspection.of(model, false);
            // The 28 weight scales are counted too.
            assertThat(inspection.parameters()).isEqualTo(3_676_416 + 28);
            assertThat(inspection.container()).isEqualTo("safetensors");
            assertThat(inspection.sha256()).isEmpty();
            assertThat(inspection.json()).doesNotContain("sha256");
            assertThat(inspection.metadata()).contains(new ModelInspection.Field("hidden_size", "json", "256"));
        }
    }

    @Test
    void showsTypesAndFilesThatItCannotRun() throws IOException {
        Path path = folder.resolve("other.gguf");
        new GgufWriter()
                .tensor("t", TensorType.IQ4_XS, List.of(256L), sink -> sink.write(new byte[136], 0, 136))
                .write(path, ProgressListener.NONE);
        try (ModelFile model = ModelFile.open(path)) {
            ModelInspection inspection = ModelInspection.of(model, false);
            assertThat(inspection.architecture()).isEmpty();
            assertThat(inspection.totals()).containsExactly(new ModelInspection.Total("IQ4_XS", 1, 256, 136));
            assertThat(inspection.json()).doesNotContain("architecture");
        }
        Path vocabulary = Files.createDirectory(folder.resolve("vocabulary"));
        try (ModelFile model = ModelFile.open(vocabulary)) {
            assertThat(ModelInspection.of(model, false).tensors()).isEmpty();
        }
    }
}
