package org.ryzanstein.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.ryzanstein.api.provider.ProviderReport;
import org.ryzanstein.api.provider.ProviderReport.Entry;
import org.ryzanstein.api.provider.ProviderReport.Status;

class BackendNoticeTest {
    private static final Entry CHOSEN = new Entry("plain", Status.CHOSEN, OptionalInt.of(10), "any CPU", "m", "j");

    private static Entry refused(String name, String reason, boolean mendable) {
        return new Entry(name, Status.REFUSED, OptionalInt.empty(), reason, "m", "j", mendable);
    }

    private static Optional<String> notice(Entry... others) {
        List<Entry> entries = new java.util.ArrayList<>(List.of(others));
        entries.add(CHOSEN);
        return BackendNotice.of(new ProviderReport(ProviderReport.Kind.KERNEL, Optional.of("plain"), entries));
    }

    @Test
    void isSilentAboutWhatTheMachineHasNot() {
        assertThat(notice()).isEmpty();
        assertThat(notice(refused("wide", "the CPU has no wide vectors", false)))
                .isEmpty();
    }

    @Test
    void namesTheReasonAndWhatRunsInstead() {
        assertThat(notice(refused("wide", "start with -XX:Wide", true), refused("gpu", "no GPU", false)))
                .contains("backend wide refused: start with -XX:Wide (running on plain)");
    }

    @Test
    void saysAReasonOnceForAllThatShareIt() {
        assertThat(notice(refused("a", "no C2", true), refused("b", "no C2", true), refused("c", "no module", true)))
                .contains("backends a and b refused: no C2; backend c refused: no module (running on plain)");
    }

    @Test
    void saysNothingToAUserWhoInsistsOnABackend() {
        assertThat(BackendNotice.ofThisProcess(Optional.of("scalar"))).isEmpty();
    }
}
