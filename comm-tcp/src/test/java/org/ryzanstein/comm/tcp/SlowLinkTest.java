package org.ryzanstein.comm.tcp;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Processes between which every byte, signs of life included, takes 50 ms. */
@Timeout(value = 3, unit = TimeUnit.MINUTES)
class SlowLinkTest {
    private static final int DELAY_MILLIS = 50;

    private final List<RankProcess> ranks = new ArrayList<>();
    private final List<Relay> relays = new ArrayList<>();

    @AfterEach
    void close() {
        relays.forEach(Relay::close);
        ranks.forEach(RankProcess::close);
    }

    @Test
    void resultsAreRightAndNobodyIsTakenForDead() {
        List<InetSocketAddress> addresses = new ArrayList<>();
        for (int rank = 0; rank < 3; rank++) {
            ranks.add(RankProcess.start());
            relays.add(new Relay(ranks.getLast().address(), DELAY_MILLIS));
            addresses.add(relays.getLast().address());
        }
        assertThat(RankProcess.join(ranks, addresses, 1, 1, 30_000)).allMatch(answer -> answer.startsWith("ok tcp"));
        for (String order : List.of(
                "reduce 0 30000", "reduce 2560 30000", "reduce 700001 30000", "loop 5000 20", "loop 70001 10")) {
            ranks.forEach(rank -> rank.order(order));
            ranks.forEach(rank -> assertThat(rank.answer()).as(order).isEqualTo("ok sum"));
        }
        for (RankProcess rank : ranks) {
            assertThat(rank.ask("failure")).isEqualTo("ok null []");
            assertThat(rank.ask("describe")).contains("the connection does not come straight from the other side");
            // An exchange that one rank begins late is shorter for that rank than the way of a message.
            assertThat(latencyMicros(rank.ask("describe"))).isGreaterThanOrEqualTo(DELAY_MILLIS * 500.0);
        }
    }

    private static double latencyMicros(String description) {
        String begin = "latency ";
        int at = description.indexOf(begin) + begin.length();
        return Double.parseDouble(description.substring(at, description.indexOf(' ', at)));
    }
}
