package org.ryzanstein.comm.tcp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import org.ryzanstein.api.comm.LinkSpeed;

class PolicyTest {
    @Test
    void nobodyPollsWhereThereAreMoreThreadsThanCores() {
        assertThat(WaitPolicy.choose(null, 5, 4).spinNanos()).isZero();
        assertThat(WaitPolicy.choose(null, 5, 4).reason()).contains("5 threads on 4 cores");
        assertThat(WaitPolicy.choose(null, 4, 4).spinNanos()).isPositive();
    }

    @Test
    void thePropertyWins() {
        assertThat(WaitPolicy.choose("7", 9, 1).spinNanos()).isEqualTo(7000);
        assertThat(WaitPolicy.choose("0", 1, 9).spinNanos()).isZero();
        for (String wrong : new String[] {"-1", "x", "1000001"}) {
            assertThatThrownBy(() -> WaitPolicy.choose(wrong, 1, 1))
                    .hasMessageContaining("ryzanstein.tcp.spin.micros=" + wrong);
        }
    }

    @Test
    void largeReductionsRunInChunksFromWhereThatIsFaster() {
        Tuning four = Tuning.of(new LinkSpeed(10_000, 1e9), 4);
        double direct = 10e-6 + 3 * four.chunkedFromBytes() * (1 / 1e9 + 1 / 4e9);
        double chunked = 20e-6 + four.chunkedFromBytes() * (1.5 / 1e9 + 0.75 / 4e9);
        assertThat(direct).isCloseTo(chunked, within(1e-8));
        assertThat(four.chunked(four.chunkedFromBytes())).isTrue();
        assertThat(four.chunked(four.chunkedFromBytes() - 1)).isFalse();
        assertThat(Tuning.of(LinkSpeed.ALONE, 1).chunked(Long.MAX_VALUE - 1)).isFalse();
    }
}
