package org.ryzanstein.server.cli;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.ryzanstein.loader.engine.Engine;
import org.ryzanstein.loader.engine.EngineOptions;
import org.ryzanstein.server.http.HttpServer;
import org.ryzanstein.server.http.ModelSlot;
import org.ryzanstein.server.http.ServerOptions;
import org.ryzanstein.server.logging.LazyLoggerFinder;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code serve}: the HTTP API. */
@Command(
        name = "serve",
        description = "Serves the model over HTTP in OpenAI's shape. Prints its URL when it is ready.",
        mixinStandardHelpOptions = true)
final class ServeCommand implements Callable<Integer> {
    private static final Logger LOG = System.getLogger(ServeCommand.class.getName());
    private static final int STOP_SECONDS = 30;

    private final CliEnvironment environment;

    @Mixin
    @SuppressWarnings("NullAway.Init") // Set by picocli.
    private ModelArguments model;

    @Option(
            names = "--host",
            paramLabel = "H",
            description = "Address to listen on, " + ServerOptions.LOOPBACK + " without it: this machine only.")
    private String host = ServerOptions.LOOPBACK;

    @Option(
            names = "--port",
            paramLabel = "P",
            description = "Port to listen on, " + ServerOptions.DEFAULT_PORT + " without it; 0: any free one.")
    private int port = ServerOptions.DEFAULT_PORT;

    @Option(
            names = {"-c", "--context"},
            paramLabel = "POSITIONS",
            description = "Context length; the model's own without it.")
    private @Nullable Integer context;

    @Option(
            names = "--max-sequences",
            paramLabel = "N",
            description = "Requests that are computed side by side, " + EngineOptions.DEFAULT_MAX_SEQUENCES
                    + " without it; further ones wait.")
    private int maxSequences = EngineOptions.DEFAULT_MAX_SEQUENCES;

    @Spec
    @SuppressWarnings("NullAway.Init") // Set by picocli.
    private CommandSpec spec;

    private final Stopper stopper;

    ServeCommand(CliEnvironment environment) {
        this(environment, action -> Runtime.getRuntime().addShutdownHook(new Thread(action, "ryzanstein-stop")));
    }

    ServeCommand(CliEnvironment environment, Stopper stopper) {
        this.environment = environment;
        this.stopper = stopper;
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        if (System.getProperty(LazyLoggerFinder.LEVEL_PROPERTY) == null) {
            System.setProperty(LazyLoggerFinder.LEVEL_PROPERTY, "info");
        }
        EngineOptions engineOptions;
        ServerOptions serverOptions;
        try {
            OptionalInt positions = context == null ? OptionalInt.empty() : OptionalInt.of(context);
            engineOptions = model.options(positions).withMaxSequences(maxSequences);
            serverOptions = ServerOptions.defaults().withAddress(host, port);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()), e);
        }
        ModelSlot slot = new ModelSlot();
        CountDownLatch stop = new CountDownLatch(1);
        CountDownLatch stopped = new CountDownLatch(1);
        // Closed in this order: the server, then the engine that it serves.
        try (Loaded loaded = new Loaded();
                HttpServer server = HttpServer.start(serverOptions, slot)) {
            environment.say("listening on " + server.uri() + ", loading the model");
            if (server.isExposed()) {
                environment.say(environment.coloured(CliEnvironment.Colour.YELLOW, "warning: ")
                        + "others can reach this address, and there is no authentication yet");
            }
            Loading loading = new Loading();
            stopper.install(() -> {
                loading.interrupt();
                stopAndWait(stop, stopped);
            });
            try {
                loaded.engine = model.open(environment, engineOptions);
            } finally {
                loading.end();
            }
            slot.ready(loaded.engine);
            environment.out().println(server.uri());
            environment.out().flush();
            stop.await();
            environment.say("stopping");
        } finally {
            stopped.countDown();
        }
        return ExitCode.DONE;
    }

    /** Runs when the process is told to end: lets the main thread stop the server, then lets the process go. */
    private static void stopAndWait(CountDownLatch stop, CountDownLatch stopped) {
        stop.countDown();
        try {
            boolean inTime = stopped.await(STOP_SECONDS, TimeUnit.SECONDS);
            if (!inTime) {
                System.err.println("ryzanstein: could not stop within " + STOP_SECONDS + " seconds; ending anyway");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** The wait for a model, and for workers that may be started by hand: it can be broken off, what follows can't. */
    private static final class Loading {
        private final Thread thread = Thread.currentThread();
        private boolean over;

        synchronized void interrupt() {
            if (!over) {
                thread.interrupt();
            }
        }

        synchronized void end() {
            over = true;
            if (Thread.interrupted()) {
                LOG.log(Level.DEBUG, "told to end while loading");
            }
        }
    }

    /** The engine, once there is one. */
    private static final class Loaded implements AutoCloseable {
        private @Nullable Engine engine;

        @Override
        public void close() {
            if (engine != null) {
                engine.close();
            }
        }
    }

    /** Arranges for an action when the process is told to end; tests end it in another way. */
    @FunctionalInterface
    interface Stopper {
        void install(Runnable action);
    }
}
