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
    }

    @Test
    void whereEachThreadHasACoreAWaitPollsForLongerThanWakingAThreadTakes() {
        assertThat(WaitPolicy.choose(null, 4, 4).spinNanos()).isGreaterThanOrEqualTo(1_000_000);
        assertThat(WaitPolicy.choose(null, 4, 4).spinNanos()).isGreaterThan(WaitPolicy.ALONE_NANOS);
        assertThat(WaitPolicy.choose(null, 4, 4).reason()).contains("4 threads on 4 cores");
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

    @Test
    void largeBroadcastsRunInChunksFromThreeRanksOn() {
        LinkSpeed speed = new LinkSpeed(10_000, 1e9);
        assertThat(Tuning.of(speed, 2).chunkedBroadcast(Long.MAX_VALUE - 1)).isFalse();
        Tuning four = Tuning.of(speed, 4);
        double direct = 10e-6 + 3 * four.chunkedBroadcastFromBytes() / 1e9;
        double chunked = 20e-6 + 1.5 * four.chunkedBroadcastFromBytes() / 1e9;
        assertThat(direct).isCloseTo(chunked, within(1e-8));
    }

    @Test
    void fastLinksCarryOnlyLargeMessagesIn16Bits() {
        assertThat(Tuning.of(new LinkSpeed(10_000, 1.1e9), 2).packed(10_240)).isTrue();
        assertThat(Tuning.of(new LinkSpeed(10_000, 4e9), 2).packed(10_240)).isFalse();
        assertThat(Tuning.of(new LinkSpeed(10_000, 4e9), 2).packed(1 << 20)).isTrue();
    }

    @Test
    void whatIsForcedWinsOverWhatWasMeasured() {
        assertThat(Tuning.bytes(Tuning.CHUNKED_PROPERTY, null, 5)).isEqualTo(5);
        assertThat(Tuning.bytes(Tuning.CHUNKED_PROPERTY, "0", 5)).isZero();
        for (String wrong : new String[] {"-1", "x"}) {
            assertThatThrownBy(() -> Tuning.bytes(Tuning.PACKED_PROPERTY, wrong, 5))
                    .hasMessageContaining("ryzanstein.tcp.packed.bytes=" + wrong);
        }
    }
}
