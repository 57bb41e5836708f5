package org.ryzanstein.server.cli;

import java.io.IOException;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Properties;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.ryzanstein.api.comm.EndpointConfig;
import org.ryzanstein.api.comm.TlsConfig;
import org.ryzanstein.loader.cluster.ClusterException;
import org.ryzanstein.loader.cluster.ClusterOptions;

/**
 * What processes on several machines must know of each other, as a file of Java properties:
 *
 * <pre>
 * listen = 10.0.0.1:7420
 * secret-file = /etc/ryzanstein/secret
 * ranks = 2
 * </pre>
 *
 * @param listen where this process listens for the others; any free port of the loopback interface without it
 * @param secret what all of them share
 * @param ranks how many ranks a leader waits for
 * @param tls certificates, where connections are encrypted
 */
record ClusterFile(InetSocketAddress listen, byte[] secret, OptionalInt ranks, Optional<TlsConfig> tls) {
    private static final String KEY_STORE = "tls-key-store";
    private static final String TRUST_STORE = "tls-trust-store";
    private static final String PASSWORD_FILE = "tls-password-file";
    private static final Set<String> KNOWN =
            Set.of("listen", "secret", "secret-file", "ranks", KEY_STORE, TRUST_STORE, PASSWORD_FILE);

    ClusterFile {
        secret = secret.clone();
    }

    @Override
    public byte[] secret() {
        return secret.clone();
    }

    /**
     * Reads a file.
     *
     * @throws ClusterException that names the file, the line's key and what is expected
     */
    static ClusterFile read(Path file) {
        Properties properties = new Properties() {
            private static final long serialVersionUID = 1L;

            @Override
            public synchronized Object put(Object key, Object value) {
                if (containsKey(key)) {
                    throw new ClusterException(file + ": " + key + ": found twice, expected once");
                }
                return super.put(key, value);
            }
        };
        try (Reader reader = Files.newBufferedReader(file, StandardCharsets.UTF_8)) {
            properties.load(reader);
        } catch (IOException | IllegalArgumentException e) {
            throw new ClusterException(file + ": can't be read: " + e, e);
        }
        Set<String> unknown = new TreeSet<>(properties.stringPropertyNames());
        unknown.removeAll(KNOWN);
        if (!unknown.isEmpty()) {
            throw new ClusterException(
                    file + ": " + unknown.iterator().next() + ": unknown, expected one of " + new TreeSet<>(KNOWN));
        }
        return new ClusterFile(
                Optional.ofNullable(properties.getProperty("listen"))
                        .map(text -> address(file + ": listen", text))
                        .orElseGet(() -> new InetSocketAddress(InetAddress.getLoopbackAddress(), 0)),
                secret(file, properties),
                ranks(file, properties.getProperty("ranks")),
                tls(file, properties));
    }

    private static byte[] secret(Path file, Properties properties) {
        String inline = properties.getProperty("secret");
        String other = properties.getProperty("secret-file");
        if ((inline == null) == (other == null)) {
            throw new ClusterException(file + ": found " + (inline == null ? "neither secret nor" : "both secret and")
                    + " secret-file, expected one of them");
        }
        String text;
        try {
            text = inline != null
                    ? inline
                    : Files.readString(file.resolveSibling(String.valueOf(other)), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new ClusterException(file + ": secret-file: can't be read: " + e, e);
        }
        byte[] secret = text.strip().getBytes(StandardCharsets.UTF_8);
        if (secret.length < EndpointConfig.MIN_SECRET_BYTES) {
            throw new ClusterException(file + (inline != null ? ": secret: found " : ": secret-file: found ")
                    + secret.length + " bytes, expected at least " + EndpointConfig.MIN_SECRET_BYTES
                    + ": openssl rand -hex 32 makes a good one");
        }
        return secret;
    }

    private static OptionalInt ranks(Path file, @Nullable String text) {
        if (text == null) {
            return OptionalInt.empty();
        }
        int ranks;
        try {
            ranks = Integer.parseInt(text.strip());
        } catch (NumberFormatException e) {
            ranks = 0;
        }
        if (ranks < 1 || ranks > ClusterOptions.MAX_RANKS) {
            throw new ClusterException(
                    file + ": ranks: found " + text + ", expected a number from 1 to " + ClusterOptions.MAX_RANKS);
        }
        return OptionalInt.of(ranks);
    }

    /**
     * An address such as {@code 10.0.0.1:7420}, {@code host:7420} or {@code [::1]:7420}.
     *
     * @param what to name in messages
     */
    static InetSocketAddress address(String what, String text) {
        int colon = text.lastIndexOf(':');
        try {
            if (colon < 1) {
                throw new ClusterException(what + ": found " + text + ", expected HOST:PORT");
            }
            String host = text.substring(0, colon).strip();
            int port = Integer.parseInt(text.substring(colon + 1).strip());
            return new InetSocketAddress(InetAddress.getByName(host), port);
        } catch (UnknownHostException e) {
            throw new ClusterException(what + ": unknown host in " + text, e);
        } catch (IllegalArgumentException e) {
            throw new ClusterException(what + ": found " + text + ", expected HOST:PORT with a port of 0 to 65535", e);
        }
    }

    /** Paths count from the cluster file; without a password file the environment has the password. */
    private static Optional<TlsConfig> tls(Path file, Properties properties) {
        String keys = properties.getProperty(KEY_STORE);
        String trusted = properties.getProperty(TRUST_STORE);
        String password = properties.getProperty(PASSWORD_FILE);
        if (keys == null && trusted == null && password == null) {
            return Optional.empty();
        }
        if (keys == null || trusted == null) {
            throw new ClusterException(file + ": " + (keys == null ? KEY_STORE : TRUST_STORE)
                    + ": missing, expected a PKCS12 file: TLS needs both stores");
        }
        Path keyStore = file.resolveSibling(keys);
        Path trustStore = file.resolveSibling(trusted);
        try {
            return Optional.of(
                    password == null
                            ? TlsConfig.withPasswordFromEnvironment(keyStore, trustStore)
                            : TlsConfig.withPasswordFile(keyStore, trustStore, file.resolveSibling(password)));
        } catch (IllegalArgumentException | UncheckedIOException e) {
            throw new ClusterException(file + ": " + PASSWORD_FILE + ": " + e.getMessage(), e);
        }
    }

    EndpointConfig endpoint() {
        EndpointConfig plain = EndpointConfig.at(listen, secret);
        return tls.isPresent() ? plain.withTls(tls.get()) : plain;
    }

    /** All but the secret. */
    @Override
    public String toString() {
        return "ClusterFile[listen=" + listen + ", ranks=" + ranks + "]";
    }
}
