package org.ryzanstein.server.http;

import java.time.Duration;

/**
 * How the HTTP server runs.
 *
 * @param host the address to listen on
 * @param port 0: any free one
 * @param maxBodyBytes largest request body
 * @param idleTimeout after which a connection is closed that moves no bytes though it could; a request that is being
 *     generated for is not idle
 * @param stopTimeout how long a stop waits for requests under way before it ends them
 */
public record ServerOptions(String host, int port, int maxBodyBytes, Duration idleTimeout, Duration stopTimeout) {
    public static final String LOOPBACK = "127.0.0.1";
    public static final int DEFAULT_PORT = 8080;

    private static final int DEFAULT_BODY_BYTES = 4 << 20;

    public ServerOptions {
        if (port < 0 || port > 65535) {
            throw new IllegalArgumentException("port: found " + port + ", expected 0 to 65535");
        }
        if (maxBodyBytes < 1 || maxBodyBytes > 1 << 30) {
            throw new IllegalArgumentException("maxBodyBytes: found " + maxBodyBytes + ", expected 1 to " + (1 << 30));
        }
    }

    /** On loopback. */
    public static ServerOptions defaults() {
        return new ServerOptions(
                LOOPBACK, DEFAULT_PORT, DEFAULT_BODY_BYTES, Duration.ofSeconds(30), Duration.ofSeconds(10));
    }

    public ServerOptions withAddress(String newHost, int newPort) {
        return new ServerOptions(newHost, newPort, maxBodyBytes, idleTimeout, stopTimeout);
    }

    public ServerOptions withMaxBodyBytes(int bytes) {
        return new ServerOptions(host, port, bytes, idleTimeout, stopTimeout);
    }

    public ServerOptions withIdleTimeout(Duration limit) {
        return new ServerOptions(host, port, maxBodyBytes, limit, stopTimeout);
    }

    public ServerOptions withStopTimeout(Duration limit) {
        return new ServerOptions(host, port, maxBodyBytes, idleTimeout, limit);
    }
}
