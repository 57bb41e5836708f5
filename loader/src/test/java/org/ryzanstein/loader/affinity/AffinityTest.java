package org.ryzanstein.loader.affinity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class AffinityTest {
    @ParameterizedTest
    @EnumSource(Affinity.class)
    void isFoundByItsName(Affinity affinity) {
        assertThat(Affinity.of(affinity.toString())).isEqualTo(affinity);
    }

    @Test
    void refusesOtherNames() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Affinity.of("NODES"))
                .withMessage("affinity: found NODES, expected auto, nodes, none");
    }

    @Test
    void isAutomaticWhereNothingIsSaid() {
        assertThat(Affinity.ofProcess()).isEqualTo(Affinity.AUTO);
    }
}
