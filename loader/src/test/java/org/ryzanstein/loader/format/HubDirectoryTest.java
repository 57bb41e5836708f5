package org.ryzanstein.loader.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class HubDirectoryTest {
    private static final String A = "'a':{'dtype':'U8','shape':[1],'data_offsets':[0,1]}";
    private static final String B = "'b':{'dtype':'U8','shape':[1],'data_offsets':[0,1]}";

    @TempDir
    Path folder;

    private void json(String name, String text) throws IOException {
        Files.writeString(folder.resolve(name), text.replace('\'', '"'));
    }

    private void shard(String name, String tensors) throws IOException {
        SafetensorsBytes.write(folder.resolve(name), "{" + tensors + "}", (byte) 1);
    }

    private void refuses(String... parts) {
        assertThatThrownBy(() -> HubDirectory.open(folder).close())
                .isInstanceOf(ModelFormatException.class)
                .hasMessageContainingAll(parts);
    }

    @Test
    void joinsShards() throws IOException {
        shard("model-00001-of-00002.safetensors", A);
        shard("model-00002-of-00002.safetensors", B);
        json(
                "model.safetensors.index.json",
                "{'metadata':{},'weight_map':{'b':'model-00002-of-00002.safetensors','a':'model-00001-of-00002.safetensors'}}");
        try (ModelFile model = ModelFile.open(folder)) {
            assertThat(model.tensors().keySet()).containsExactly("a", "b");
            assertThat(model.size())
                    .isEqualTo(Files.size(folder.resolve("model-00001-of-00002.safetensors"))
                            + Files.size(folder.resolve("model-00002-of-00002.safetensors")));
            assertThat(model.sha256()).matches("[0-9a-f]{64}");
        }
    }

    @Test
    void refusesATemplateThatIsNoUtf8() throws IOException {
        Files.write(folder.resolve("chat_template.jinja"), new byte[] {'a', (byte) 0xC3});
        try (ModelFile model = ModelFile.open(folder)) {
            assertThatThrownBy(model::chatTemplate)
                    .isInstanceOf(ModelFormatException.class)
                    .hasMessageContaining(
                            "chat_template.jinja: content: found bytes that are no UTF-8, expected a template in UTF-8");
        }
    }

    @Test
    void refusesJsonByFileFieldFoundAndExpected() throws IOException {
        json("model.safetensors.index.json", "{'weight_map':\u0001}");
        refuses("model.safetensors.index.json: JSON: found ", "code 1", ", expected a JSON object");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "../x.safetensors",
                "/etc/x.safetensors",
                "sub/x.safetensors",
                "sub\\\\x.safetensors",
                "..safetensors",
                ".safetensors",
                "x.bin",
                ""
            })
    void refusesShardNamesThatLeaveTheDirectory(String name) throws IOException {
        json("model.safetensors.index.json", "{'weight_map':{'a':'" + name + "'}}");
        refuses("model.safetensors.index.json", "weight_map.a", "in this directory");
    }

    @Test
    void refusesAnIndexThatIsWrong() throws IOException {
        json("model.safetensors.index.json", "{}");
        refuses("weight_map: found nothing");
        json("model.safetensors.index.json", "{'weight_map':{'a':5}}");
        refuses("weight_map.a: found 5");
        json("model.safetensors.index.json", "{'weight_map':{'a':'x.safetensors'}}");
        refuses("x.safetensors", "no such file");
        shard("x.safetensors", B);
        refuses("weight_map.a", "no such tensor");
        shard("y.safetensors", B);
        json("model.safetensors.index.json", "{'weight_map':{'b':'x.safetensors','c':'y.safetensors'}}");
        refuses("b: found a tensor that another shard holds too");
    }

    @Test
    void opensAVocabularyWithoutWeights() throws IOException {
        json("tokenizer.json", "{}");
        try (HubDirectory directory = HubDirectory.open(folder)) {
            assertThat(directory.tensors()).isEmpty();
            assertThatThrownBy(directory::config).hasMessageContainingAll("config.json", "no such file");
        }
    }

    @Test
    void refusesAPathWithoutADirectory() {
        assertThatThrownBy(() -> HubDirectory.open(folder.resolve("none"))).hasMessageContaining("no such directory");
    }

    @Test
    void readsTheTokensThatBeginAndEndText() throws IOException {
        json("config.json", "{'vocab_size':10,'bos_token_id':1,'eos_token_id':2,'model_type':'bitnet'}");
        try (HubDirectory directory = HubDirectory.open(folder)) {
            assertThat(directory.config().endOfText()).containsExactly(2);
            assertThat(directory.config().beginOfText()).hasValue(1);
            assertThat(directory.config().architecture()).isEqualTo("bitnet");
            assertThat(directory.config().modelType()).contains("bitnet");
            assertThat(directory.config().fields()).containsEntry("vocab_size", "10");
        }
        json("generation_config.json", "{'eos_token_id':[3,4],'bos_token_id':null}");
        try (HubDirectory directory = HubDirectory.open(folder)) {
            assertThat(directory.config().endOfText()).containsExactly(3, 4);
            assertThat(directory.config().beginOfText()).hasValue(1);
        }
        json("generation_config.json", "{'eos_token_id':[3,10]}");
        try (HubDirectory directory = HubDirectory.open(folder)) {
            assertThatThrownBy(() -> directory.config().endOfText())
                    .hasMessageContainingAll("generation_config.json", "eos_token_id: found 10", "below 10");
        }
        json("config.json", "{}");
        try (HubDirectory directory = HubDirectory.open(folder)) {
            assertThat(directory.config().beginOfText()).isEmpty();
            assertThatThrownBy(() -> directory.config().architecture())
                    .hasMessageContaining("architectures: found nothing");
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{'quant_method':'gptq'} | quantization_config.quant_method: found gptq",
                "{} | quantization_config.quant_method: found nothing",
                "{'quant_method':'bitnet','linear_class':'x'} | quantization_config.linear_class: found x",
                "{'quant_method':'bitnet','quantization_mode':'x'} | quantization_config.quantization_mode: found x",
                "{'quant_method':'bitnet','modules_to_not_convert':['q_proj']} | modules_to_not_convert: found [q_proj]",
                "{'quant_method':'bitnet','modules_to_not_convert':[1]} | modules_to_not_convert: found 1",
                "{'quant_method':'bitnet','modules_to_not_convert':1} | modules_to_not_convert: found 1",
                "7 | quantization_config: found 7",
            })
    void refusesQuantisationsThatItDoesNotKnow(String config, String message) throws IOException {
        json("config.json", "{'quantization_config':" + config + "}");
        try (ModelFile model = ModelFile.open(folder)) {
            assertThatThrownBy(model::sources).hasMessageContainingAll("config.json", message);
        }
    }

    @Test
    void refusesConfigurationsThatAreTooLarge() throws IOException {
        try (var file =
                new java.io.RandomAccessFile(folder.resolve("config.json").toFile(), "rw")) {
            file.setLength((1L << 26) + 1);
        }
        try (HubDirectory directory = HubDirectory.open(folder)) {
            assertThatThrownBy(directory::config).hasMessageContainingAll("config.json", "67108865 bytes");
        }
    }
}
