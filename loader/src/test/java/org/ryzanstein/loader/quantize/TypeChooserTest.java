package org.ryzanstein.loader.quantize;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.ryzanstein.loader.format.TensorName;
import org.ryzanstein.loader.format.TensorRole;
import org.ryzanstein.loader.format.TensorType;

class TypeChooserTest {
    private static TypeChooser chooser(TensorType type, int layers, boolean tied) {
        return new TypeChooser(QuantizationOptions.of(type), layers, tied);
    }

    /** The first and last eighth, and every third layer between, by hand. */
    @ParameterizedTest
    @CsvSource({"32, '0 1 2 3 6 9 12 15 18 21 24 27 28 29 30 31'", "22, '0 1 4 7 10 13 16 19 20 21'"})
    void valueAndDownProjectionsOfSomeLayersGetMoreBits(int layers, String expected) {
        for (TensorRole role : List.of(TensorRole.ATTENTION_VALUE, TensorRole.FEED_FORWARD_DOWN)) {
            List<String> found = new ArrayList<>();
            for (int layer = 0; layer < layers; layer++) {
                TypeChooser.Choice choice =
                        chooser(TensorType.Q4_K, layers, false).matrix(TensorName.of(role, layer), 1024, 2048);
                assertThat(choice.reason().isPresent()).isEqualTo(choice.type() != TensorType.Q4_K);
                if (choice.type() == TensorType.Q6_K) {
                    found.add(Integer.toString(layer));
                }
            }
            assertThat(String.join(" ", found)).isEqualTo(expected);
        }
        assertThat(chooser(TensorType.Q4_K, layers, false)
                        .matrix(TensorName.of(TensorRole.ATTENTION_KEY, 0), 1024, 2048)
                        .type())
                .isEqualTo(TensorType.Q4_K);
    }

    @ParameterizedTest
    @CsvSource({
        "Q4_K, false, Q4_K, Q6_K",
        "Q4_K, true, Q6_K, Q6_K",
        "Q4_0, false, Q4_0, Q6_K",
        "Q4_0, true, Q6_K, Q6_K",
        "Q6_K, true, Q6_K, Q6_K",
        "Q8_0, false, Q8_0, Q8_0",
        "TQ2_0, true, F16, F16",
        "I2_S, false, F16, F16",
        "F32, false, F32, F32"
    })
    void embeddingAndHeadHaveTheirUsualTypes(TensorType type, boolean tied, TensorType embedding, TensorType head) {
        TypeChooser chooser = chooser(type, 4, tied);
        assertThat(chooser.matrix(TensorName.of(TensorRole.TOKEN_EMBEDDING), 32000, 2048)
                        .type())
                .isEqualTo(embedding);
        assertThat(chooser.matrix(TensorName.of(TensorRole.OUTPUT), 32000, 2048).type())
                .isEqualTo(head);
    }

    @ParameterizedTest
    @CsvSource({
        "Q4_K, 320, Q5_0, Q8_0",
        "Q6_K, 320, Q8_0, Q8_0",
        "Q8_0, 320, Q8_0, Q8_0",
        "Q4_K, 172, F16, F16",
        "Q6_K, 172, F16, F16",
        "Q4_0, 172, F16, F16",
        "Q8_0, 172, F16, F16"
    })
    void rowsThatFillNoBlocksFallBackAsInLlamaCpp(TensorType type, int columns, TensorType body, TensorType head) {
        TypeChooser.Choice query =
                chooser(type, 4, false).matrix(TensorName.of(TensorRole.ATTENTION_QUERY, 0), 64, columns);
        assertThat(query.type()).isEqualTo(body);
        assertThat(query.reason())
                .isEqualTo(
                        body == type
                                ? Optional.empty()
                                : Optional.of("rows of " + columns + " fill no blocks of " + type));
        assertThat(chooser(type, 4, false)
                        .matrix(TensorName.of(TensorRole.OUTPUT), 64, columns)
                        .type())
                .isEqualTo(head);
    }

    @Test
    void theHeadTypeAskedForGoesBeforeTheUsualOne() {
        TypeChooser chooser =
                new TypeChooser(QuantizationOptions.of(TensorType.Q4_0).withHead(TensorType.Q8_0), 4, false);
        for (TensorRole role : List.of(TensorRole.TOKEN_EMBEDDING, TensorRole.OUTPUT)) {
            TypeChooser.Choice choice = chooser.matrix(TensorName.of(role), 32000, 2048);
            assertThat(choice.type()).isEqualTo(TensorType.Q8_0);
            assertThat(choice.reason()).contains("head type as asked for");
        }
    }
}
