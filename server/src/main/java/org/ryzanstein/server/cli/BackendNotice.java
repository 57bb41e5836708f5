package org.ryzanstein.server.cli;

import java.util.List;
import java.util.Optional;
import org.ryzanstein.api.kernel.KernelBackends;
import org.ryzanstein.api.provider.ProviderReport;
import org.ryzanstein.api.provider.ProviderUnavailableException;

/** What a user should know of backends that were refused although the machine has what they need. */
final class BackendNotice {
    private BackendNotice() {}

    /** The notice for the choice that an engine is about to make; none if the user insists on a backend. */
    static Optional<String> ofThisProcess(Optional<String> forced) {
        if (forced.isPresent() || System.getProperty(KernelBackends.FORCE_PROPERTY) != null) {
            return Optional.empty();
        }
        try {
            return of(KernelBackends.choose(Optional.empty()).report());
        } catch (ProviderUnavailableException e) {
            // The engine will say so.
            return Optional.empty();
        }
    }

    /** One line: what would run faster, and why it doesn't. Backends with one reason share it. */
    static Optional<String> of(ProviderReport report) {
        List<ProviderReport.Entry> refused =
                report.entries().stream().filter(ProviderReport.Entry::mendable).toList();
        if (refused.isEmpty()) {
            return Optional.empty();
        }
        StringBuilder text = new StringBuilder();
        for (String reason :
                refused.stream().map(ProviderReport.Entry::detail).distinct().toList()) {
            List<String> names = refused.stream()
                    .filter(entry -> entry.detail().equals(reason))
                    .map(ProviderReport.Entry::name)
                    .toList();
            text.append(text.isEmpty() ? "" : "; ")
                    .append(names.size() == 1 ? "backend " : "backends ")
                    .append(String.join(" and ", names))
                    .append(" refused: ")
                    .append(reason);
        }
        report.chosen()
                .ifPresent(chosen -> text.append(" (running on ").append(chosen).append(')'));
        return Optional.of(text.toString());
    }
}
