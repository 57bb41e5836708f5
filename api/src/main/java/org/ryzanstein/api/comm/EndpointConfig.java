package org.ryzanstein.api.comm;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Optional;

/**
 * How a process listens for its peers.
 *
 * @param address where to listen; port 0 takes any free one
 * @param secret by which the peers authenticate each other, at least {@value #MIN_SECRET_BYTES} bytes
 * @param handshakeDeadline how long a connection may take to prove that it knows the secret
 * @param tls certificates, where all connections are to be encrypted; the secret is asked for inside of TLS all the same
 */
public record EndpointConfig(
        InetSocketAddress address, byte[] secret, Duration handshakeDeadline, Optional<TlsConfig> tls) {
    /** Fewer bytes of secret are refused. */
    public static final int MIN_SECRET_BYTES = 16;

    private static final Duration DEFAULT_HANDSHAKE_DEADLINE = Duration.ofSeconds(2);

    public EndpointConfig {
        secret = secret.clone();
        if (secret.length < MIN_SECRET_BYTES) {
            throw new IllegalArgumentException("secret of " + secret.length + " bytes, expected at least "
                    + MIN_SECRET_BYTES + ": use one of 32 random bytes");
        }
        if (!handshakeDeadline.isPositive()) {
            throw new IllegalArgumentException("handshake deadline " + handshakeDeadline + " is not positive");
        }
    }

    /** Any free port of the loopback interface, which other machines can't reach. */
    public static EndpointConfig loopback(byte[] secret) {
        return at(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), secret);
    }

    public static EndpointConfig at(InetSocketAddress address, byte[] secret) {
        return new EndpointConfig(address, secret, DEFAULT_HANDSHAKE_DEADLINE, Optional.empty());
    }

    public EndpointConfig withHandshakeDeadline(Duration deadline) {
        return new EndpointConfig(address, secret, deadline, tls);
    }

    /** With certificates, and TLS 1.3 on all connections. All processes of a group must have it, or none. */
    public EndpointConfig withTls(TlsConfig config) {
        return new EndpointConfig(address, secret, handshakeDeadline, Optional.of(config));
    }

    @Override
    public byte[] secret() {
        return secret.clone();
    }

    /** All but the secret. */
    @Override
    public String toString() {
        return "EndpointConfig[address=" + address + ", handshakeDeadline=" + handshakeDeadline + ", tls=" + tls + "]";
    }
}
