package org.ryzanstein.api.comm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class OperationTallyTest {
    private final OperationTally tally = new OperationTally();

    @Test
    void countsEachKindForItself() {
        tally.count(OperationKind.BARRIER, 0, 64, 7);
        tally.count(OperationKind.ALL_REDUCE, 100, 170, 5);
        tally.count(OperationKind.ALL_REDUCE, 50, 120, 3);
        assertThat(tally.statistics())
                .containsExactly(
                        new OperationStatistics(OperationKind.ALL_REDUCE, 2, 150, 290, 8, 3, 3, 5, 5, 5),
                        new OperationStatistics(OperationKind.BARRIER, 1, 0, 64, 7, 7, 7, 7, 7, 7));
        tally.reset();
        assertThat(tally.statistics()).isEmpty();
    }

    @Test
    void quantilesAreExactToASixteenth() {
        for (int time = 1; time <= 100_000; time++) {
            tally.count(OperationKind.SEND, 1, 1, time);
        }
        OperationStatistics send = tally.statistics().getFirst();
        assertThat((double) send.medianNanos()).isCloseTo(50_000, within(50_000.0 / 16));
        assertThat((double) send.p95Nanos()).isCloseTo(95_000, within(95_000.0 / 16));
        assertThat((double) send.p99Nanos()).isCloseTo(99_000, within(99_000.0 / 16));
        assertThat(send.minNanos()).isEqualTo(1);
        assertThat(send.maxNanos()).isEqualTo(100_000);
    }

    @Test
    void takesAnyTime() {
        tally.count(OperationKind.SEND, 1, 1, -5);
        tally.count(OperationKind.SEND, 1, 1, Long.MAX_VALUE);
        OperationStatistics send = tally.statistics().getFirst();
        assertThat(send.minNanos()).isZero();
        assertThat(send.maxNanos()).isEqualTo(Long.MAX_VALUE);
    }

    @Test
    void aLinkCostsItsLatencyAndItsBytes() {
        assertThat(new LinkSpeed(10_000, 1e9).seconds(5_000_000)).isCloseTo(0.00501, within(1e-9));
        assertThat(LinkSpeed.ALONE.seconds(1 << 20)).isZero();
    }
}
