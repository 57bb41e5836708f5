package org.ryzanstein.server.http;

import io.javalin.Javalin;
import io.javalin.compression.CompressionStrategy;
import io.javalin.config.JavalinConfig;
import io.javalin.util.JavalinBindException;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.net.InetAddress;
import java.net.URI;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.handler.GracefulHandler;

/** The HTTP server. It runs from {@link #start} to {@link #close}; its handlers run on virtual threads. */
public final class HttpServer implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(HttpServer.class.getName());
    private static final Duration ABORT_TIMEOUT = Duration.ofSeconds(2);

    private final ServerOptions options;
    private final ModelSlot slot;
    private final InFlight inFlight = new InFlight();
    /** Counts requests until their answers are written. */
    private final GracefulHandler answering = new GracefulHandler();

    private final Javalin app;
    private boolean closed;

    private HttpServer(ServerOptions options, ModelSlot slot) {
        this.options = options;
        this.slot = slot;
        this.app = Javalin.create(this::configure);
    }

    /**
     * Starts listening; until the slot has a model, requests for one are answered with 503.
     *
     * @throws IOException if the address can't be listened on
     */
    public static HttpServer start(ServerOptions options, ModelSlot slot) throws IOException {
        HttpServer server = new HttpServer(options, slot);
        try {
            server.app.start();
        } catch (JavalinBindException e) {
            Throwable cause = e.getCause() == null ? e : e.getCause();
            throw new IOException(
                    "can't listen on " + options.host() + ":" + options.port() + ": " + cause.getMessage(), e);
        }
        return server;
    }

    /** Where it listens. */
    public URI uri() {
        String host = options.host().contains(":") ? "[" + options.host() + "]" : options.host();
        return URI.create("http://" + host + ":" + app.port());
    }

    /** Whether others than this machine can reach it. */
    public boolean isExposed() throws IOException {
        return !InetAddress.getByName(options.host()).isLoopbackAddress();
    }

    /** Refuses new requests, waits for those under way, ends what is left after the stop timeout. Idempotent. */
    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        closed = true;
        slot.stopping();
        try {
            if (!inFlight.awaitEmpty(options.stopTimeout())) {
                LOG.log(Level.WARNING, "ending the requests that are still under way after {0}", options.stopTimeout());
                inFlight.abortAll(ModelSlot.stoppingError());
            }
            answering.shutdown().get(ABORT_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException | TimeoutException e) {
            LOG.log(Level.WARNING, "closing connections whose answers could not be written: {0}", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        app.stop();
    }

    private void configure(JavalinConfig config) {
        config.startup.showJavalinBanner = false;
        config.startup.showOldJavalinVersionWarning = false;
        config.startup.startupWatcherEnabled = false;
        config.http.prefer405over404 = true;
        config.http.compressionStrategy = CompressionStrategy.NONE;
        config.concurrency.useVirtualThreads = true;
        config.jetty.modifyServer(this::prepare);
        config.jetty.addConnector(this::connector);
        new Routes(slot, inFlight, options.maxBodyBytes()).install(config.routes);
        Errors.install(config);
    }

    private void prepare(Server server) {
        server.setErrorHandler(new HttpErrors());
        server.setHandler(answering);
    }

    private WatchedConnector connector(Server server, HttpConfiguration http) {
        http.setSendServerVersion(false);
        WatchedConnector connector = new WatchedConnector(server, new HttpConnectionFactory(http));
        connector.setHost(options.host());
        connector.setPort(options.port());
        connector.setIdleTimeout(options.idleTimeout().toMillis());
        return connector;
    }
}
