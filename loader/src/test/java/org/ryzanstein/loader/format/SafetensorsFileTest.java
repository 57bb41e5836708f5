package org.ryzanstein.loader.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SafetensorsFileTest {
    @TempDir
    Path folder;

    private void refuses(String header, byte[] data, String... parts) throws IOException {
        Path path = SafetensorsBytes.write(folder.resolve("model.safetensors"), header, data);
        assertThatThrownBy(() -> SafetensorsFile.open(path).close())
                .isInstanceOf(ModelFormatException.class)
                .hasMessageContaining("model.safetensors")
                .hasMessageContainingAll(parts);
    }

    @Test
    void readsTensorsAndMetadata() throws IOException {
        Path path = SafetensorsBytes.write(
                folder.resolve("m.safetensors"),
                "{'__metadata__':{'format':'pt'},'b':{'dtype':'BF16','shape':[2],'data_offsets':[4,8]},"
                        + "'a':{'dtype':'U8','shape':[2,2],'data_offsets':[0,4]},"
                        + "'none':{'dtype':'F64','shape':[0,3],'data_offsets':[8,8]},"
                        + "'scalar':{'dtype':'I8','shape':[],'data_offsets':[8,9]}}",
                new byte[9]);
        try (SafetensorsFile file = SafetensorsFile.open(path)) {
            assertThat(file.metadata()).isEqualTo(Map.of("format", "pt"));
            assertThat(file.tensors().keySet()).containsExactly("b", "a", "none", "scalar");
            TensorInfo a = java.util.Objects.requireNonNull(file.tensors().get("a"));
            assertThat(a.shape()).containsExactly(2L, 2L);
            assertThat(a.type()).isEqualTo(TensorType.U8);
            assertThat(a.bytes()).isEqualTo(4);
        }
    }

    @Test
    void refusesFilesThatAreTooShort() throws IOException {
        Path path = Files.write(folder.resolve("model.safetensors"), new byte[5]);
        assertThatThrownBy(() -> SafetensorsFile.open(path)).hasMessageContainingAll("header length", "5 bytes");
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 1, 11, 1L << 40, -1, Long.MIN_VALUE})
    void refusesHeaderLengthsBeyondTheFile(long length) throws IOException {
        Path path =
                Files.write(folder.resolve("model.safetensors"), GgufBytes.join(GgufBytes.int64(length), new byte[10]));
        assertThatThrownBy(() -> SafetensorsFile.open(path))
                .isInstanceOf(ModelFormatException.class)
                .hasMessageContainingAll("header length", Long.toUnsignedString(length), "truncated");
    }

    @ParameterizedTest
    @ValueSource(strings = {"{ ", "[]", "{} x", "{'a':1,'a':2}", "nonsense", "12"})
    void refusesHeadersThatAreNoObject(String header) throws IOException {
        refuses(header, new byte[0], "header", "expected a JSON object");
    }

    @Test
    void refusesHeadersNestedTooDeep() throws IOException {
        refuses("{'a':" + "[".repeat(5_000) + "]".repeat(5_000) + "}", new byte[0], "header", "nesting depth");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "null | a: found null",
                "5 | a: found 5",
                "{'shape':[1],'data_offsets':[0,4]} | a.dtype: found nothing",
                "{'dtype':7,'shape':[1],'data_offsets':[0,4]} | a.dtype: found 7",
                "{'dtype':'F4','shape':[1],'data_offsets':[0,4]} | a.dtype: found F4",
                "{'dtype':'F32','data_offsets':[0,4]} | a.shape: found nothing",
                "{'dtype':'F32','shape':'x','data_offsets':[0,4]} | a.shape: found",
                "{'dtype':'F32','shape':[1.5],'data_offsets':[0,4]} | a.shape: found 1.5",
                "{'dtype':'F32','shape':[-1],'data_offsets':[0,4]} | a.shape: found [-1]",
                "{'dtype':'F32','shape':[99999999999999999999],'data_offsets':[0,4]} | a.shape: found 9999",
                "{'dtype':'F32','shape':[4294967296,4294967296],'data_offsets':[0,4]} | a.shape: found [4294967296",
                "{'dtype':'F32','shape':[1]} | a.data_offsets: found nothing",
                "{'dtype':'F32','shape':[1],'data_offsets':[0]} | a.data_offsets: found [0]",
                "{'dtype':'F32','shape':[1],'data_offsets':[4,0]} | a.data_offsets: found [4, 0]",
                "{'dtype':'F32','shape':[1],'data_offsets':[-4,0]} | a.data_offsets: found [-4, 0]",
                "{'dtype':'F32','shape':[1],'data_offsets':[8,12]} | within the 8 bytes of data",
                "{'dtype':'F32','shape':[2],'data_offsets':[0,4]} | a.data_offsets: found 4 bytes, expected 8",
            })
    void refusesWrongDescriptions(String description, String message) throws IOException {
        refuses("{'a':" + description + "}", new byte[8], message);
    }

    @Test
    void refusesTensorsThatOverlap() throws IOException {
        refuses(
                "{'a':{'dtype':'F32','shape':[1],'data_offsets':[0,4]},'b':{'dtype':'F16','shape':[1],'data_offsets':[2,4]}}",
                new byte[8],
                "b.data_offsets",
                "within a");
    }
}
