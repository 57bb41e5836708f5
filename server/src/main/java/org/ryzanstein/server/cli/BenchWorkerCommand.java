package org.ryzanstein.server.cli;

import java.io.IOException;
import java.util.concurrent.Callable;
import org.ryzanstein.server.bench.LocalWorker;
import org.ryzanstein.server.bench.WorkerLoop;
import picocli.CommandLine.Command;

/** {@code bench-worker}: the process in which {@code bench} measures one configuration. */
@Command(
        name = "bench-worker",
        hidden = true,
        description = "Serves measurements to bench: a JSON object a line on standard input.",
        mixinStandardHelpOptions = true)
final class BenchWorkerCommand implements Callable<Integer> {
    private final CliEnvironment environment;

    BenchWorkerCommand(CliEnvironment environment) {
        this.environment = environment;
    }

    @Override
    public Integer call() throws IOException {
        try (LocalWorker worker = new LocalWorker(environment.opener()::open, LocalRanks::over)) {
            WorkerLoop.serve(worker, environment.in(), environment.out());
        }
        return ExitCode.DONE;
    }
}
