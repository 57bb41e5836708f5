package org.ryzanstein.server.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.ryzanstein.api.comm.Communicators;
import org.ryzanstein.api.kernel.KernelBackends;
import org.ryzanstein.api.kernel.MemoryKind;
import org.ryzanstein.api.provider.ProviderReport;
import org.ryzanstein.api.provider.ProviderUnavailableException;
import org.ryzanstein.server.report.ProviderList;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code backends}: every provider, and what became of it. */
@Command(
        name = "backends",
        description = "Lists kernel backends and communicators: chosen, available, or refused and why.",
        mixinStandardHelpOptions = true)
final class BackendsCommand implements Callable<Integer> {
    private final CliEnvironment environment;

    @Option(names = "--json", description = "Prints one JSON object.")
    private boolean json;

    @Option(names = "--backend", paramLabel = "NAME", description = "The kernel backend to insist on.")
    private @Nullable String backend;

    BackendsCommand(CliEnvironment environment) {
        this.environment = environment;
    }

    @Override
    public Integer call() {
        List<ProviderReport> reports = new ArrayList<>();
        int code = ExitCode.DONE;
        try {
            reports.add(KernelBackends.choose(Optional.ofNullable(backend)).report());
        } catch (ProviderUnavailableException e) {
            reports.add(e.report());
            environment.say(String.valueOf(e.getMessage()).lines().findFirst().orElse(""));
            code = ExitCode.BACKEND_REFUSED;
        }
        try {
            reports.add(
                    Communicators.choose(MemoryKind.HOST, 1, Optional.empty()).report());
        } catch (ProviderUnavailableException e) {
            reports.add(e.report());
            if (System.getProperty(Communicators.FORCE_PROPERTY) != null) {
                environment.say(
                        String.valueOf(e.getMessage()).lines().findFirst().orElse(""));
                code = ExitCode.BACKEND_REFUSED;
            }
        }
        ProviderList list = ProviderList.of(reports);
        if (json) {
            environment.out().println(GenerationJson.write(list));
        } else {
            list.providers().forEach(this::print);
        }
        return code;
    }

    private void print(ProviderList.Item item) {
        String score = item.score() == null ? "" : "score " + item.score();
        environment
                .out()
                .println("%-12s %-12s %-9s %-10s %s"
                        .formatted(item.name(), item.kind(), item.status(), score, item.detail()));
        environment.out().println("%-12s from %s, %s".formatted("", item.module(), item.jar()));
    }
}
