package org.ryzanstein.server.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;
import org.ryzanstein.api.provider.ProviderReport;
import org.ryzanstein.loader.engine.Engine;

/**
 * Every provider that was found.
 *
 * @param chosen name of the chosen kernel backend
 * @param threads what an engine computes with; absent where none is open
 */
public record ProviderList(
        @Nullable String chosen, @Nullable Threads threads, List<Item> providers) {
    public ProviderList {
        providers = List.copyOf(providers);
    }

    /**
     * A provider.
     *
     * @param kind kernel or communicator
     * @param status chosen, available or refused
     * @param score absent if refused
     * @param detail what it runs on, or why it was refused
     */
    public record Item(
            String name,
            String kind,
            String status,
            @Nullable Integer score,
            String detail,
            String module,
            String jar) {}

    /**
     * Compute threads.
     *
     * @param placement which processors they are bound to, or why they are not
     */
    public record Threads(int count, String placement) {}

    /** The providers that an engine chose among, and its threads. */
    public static ProviderList of(Engine engine) {
        return of(engine.providers(), new Threads(engine.options().threads(), engine.threadPlacement()));
    }

    public static ProviderList of(List<ProviderReport> reports) {
        return of(reports, null);
    }

    private static ProviderList of(List<ProviderReport> reports, @Nullable Threads threads) {
        String chosen = null;
        List<Item> items = new ArrayList<>();
        for (ProviderReport report : reports) {
            if (report.kind() == ProviderReport.Kind.KERNEL) {
                chosen = report.chosen().orElse(null);
            }
            String kind = report.kind().name().toLowerCase(Locale.ROOT);
            for (ProviderReport.Entry entry : report.entries()) {
                OptionalInt score = entry.score();
                items.add(new Item(
                        entry.name(),
                        kind,
                        entry.status().name().toLowerCase(Locale.ROOT),
                        score.isPresent() ? score.getAsInt() : null,
                        entry.detail(),
                        entry.module(),
                        entry.jar()));
            }
        }
        return new ProviderList(chosen, threads, items);
    }
}
