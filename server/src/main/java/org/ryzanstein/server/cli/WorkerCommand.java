package org.ryzanstein.server.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import org.jline.utils.Signals;
import org.jspecify.annotations.Nullable;
import org.ryzanstein.api.comm.EndpointConfig;
import org.ryzanstein.loader.Ryzanstein;
import org.ryzanstein.loader.cluster.ClusterException;
import org.ryzanstein.loader.cluster.Worker;
import org.ryzanstein.loader.cluster.WorkerOptions;
import org.ryzanstein.loader.engine.EngineOptions;
import org.ryzanstein.server.logging.LazyLoggerFinder;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code worker}: a rank of a model that another process serves. */
@Command(
        name = "worker",
        description = {
            "Computes as a rank of a group that another process leads, with the same model.",
            "When the group ends it waits for the next one, and it joins its leader's restart."
        },
        mixinStandardHelpOptions = true)
final class WorkerCommand implements Callable<Integer> {
    private static final Logger LOG = System.getLogger(WorkerCommand.class.getName());

    private final CliEnvironment environment;

    @Mixin
    @SuppressWarnings("NullAway.Init") // Set by picocli.
    private RankArguments rank;

    @Option(
            names = "--join",
            paramLabel = "HOST:PORT",
            required = true,
            description = "Where the leader listens for its ranks (its cluster file says so).")
    @SuppressWarnings("NullAway.Init") // Set by picocli.
    private String join;

    @Option(
            names = "--cluster",
            paramLabel = "FILE",
            description = "Secret and own address, as in docs/distributed.md.")
    private @Nullable Path cluster;

    @Option(names = "--secret-from-stdin", hidden = true)
    private boolean secretFromStdin;

    @Option(names = "--local-threads", hidden = true)
    private int localThreads;

    @Option(names = "--first-local-thread", hidden = true)
    private int firstLocalThread;

    @Spec
    @SuppressWarnings("NullAway.Init") // Set by picocli.
    private CommandSpec spec;

    private final BufferedReader input;

    WorkerCommand(CliEnvironment environment) {
        this.environment = environment;
        input = new BufferedReader(new InputStreamReader(environment.in(), StandardCharsets.US_ASCII));
    }

    @Override
    public Integer call() throws IOException {
        if (System.getProperty(LazyLoggerFinder.LEVEL_PROPERTY) == null) {
            System.setProperty(LazyLoggerFinder.LEVEL_PROPERTY, "info");
        }
        if (secretFromStdin) {
            leaveSignalsToStarter();
        }
        EngineOptions model = rank.options(OptionalInt.empty());
        InetSocketAddress leader = leader();
        EndpointConfig endpoint = endpoint();
        if (endpoint.address().getAddress().isLoopbackAddress()
                && !leader.getAddress().isLoopbackAddress()) {
            throw new ClusterException("this worker would listen on " + endpoint.address()
                    + ", which no other machine reaches: say listen = ADDRESS:PORT in " + cluster
                    + ", an address of this machine (port 0: any free one)");
        }
        try (ProgressBar bar = new ProgressBar(environment);
                Worker worker = Ryzanstein.openWorker(new WorkerOptions(
                        // After a restart of the leader its name may stand for another address.
                        InetSocketAddress.createUnresolved(leader.getHostString(), leader.getPort()),
                        endpoint,
                        model.model(),
                        model.backend(),
                        model.threads(),
                        Math.max(localThreads, model.threads()),
                        firstLocalThread,
                        model.affinity(),
                        bar::progress))) {
            environment.say("worker at " + worker.address() + ", joining " + leader);
            if (secretFromStdin) {
                endWith(input, worker);
            }
            worker.run();
        }
        return ExitCode.DONE;
    }

    private InetSocketAddress leader() {
        try {
            InetSocketAddress leader = ClusterFile.address("--join", join);
            if (leader.getPort() == 0) {
                throw new ClusterException("--join: found " + join + ", expected the port that the leader listens on");
            }
            return leader;
        } catch (ClusterException e) {
            throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()), e);
        }
    }

    private EndpointConfig endpoint() throws IOException {
        if (secretFromStdin) {
            try {
                return EndpointConfig.loopback(HexFormat.of().parseHex(String.valueOf(input.readLine())));
            } catch (IllegalArgumentException e) {
                throw new ParameterException(
                        spec.commandLine(), "--secret-from-stdin: expected a line of hexadecimal digits", e);
            }
        }
        if (cluster == null) {
            throw new ParameterException(
                    spec.commandLine(), "--cluster FILE is needed: it holds the secret that leader and workers share");
        }
        return ClusterFile.read(cluster).endpoint();
    }

    /** A terminal tells all processes of its foreground group: whoever has started this one decides what is to end. */
    private static void leaveSignalsToStarter() {
        Signals.register("INT", () -> {});
        Signals.register("HUP", () -> {});
    }

    /** Closes the worker at the end of the input: whoever has started this process is gone. */
    private static void endWith(BufferedReader input, Worker worker) {
        Thread.ofPlatform().daemon().name("ryzanstein-starter").start(() -> {
            try {
                while (input.readLine() != null) {}
            } catch (IOException e) {
                LOG.log(Level.DEBUG, "the input has ended", e);
            }
            worker.close();
        });
    }
}
