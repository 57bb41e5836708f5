package org.ryzanstein.comm.tcp;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.TrustManagerFactory;
import org.ryzanstein.api.comm.TlsConfig;

/** Turns sockets into connections, under TLS 1.3 with certificates of both sides where there is a configuration for it. */
final class Tls {
    private static final String PROTOCOL = "TLSv1.3";
    private static final int DNS_NAME = 2;
    private static final int IP_ADDRESS = 7;

    private final Optional<SSLContext> context;

    Tls(Optional<TlsConfig> config) throws IOException {
        context = config.isEmpty() ? Optional.empty() : Optional.of(context(config.get()));
    }

    private static SSLContext context(TlsConfig config) throws IOException {
        char[] password = config.password();
        try {
            KeyManagerFactory keys = KeyManagerFactory.getInstance("PKIX");
            keys.init(store(config.keyStore(), password), password);
            TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
            trust.init(store(config.trustStore(), password));
            SSLContext made = SSLContext.getInstance(PROTOCOL);
            made.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
            return made;
        } catch (GeneralSecurityException e) {
            throw new IOException("TLS with " + config + ": " + e.getMessage(), e);
        }
    }

    private static KeyStore store(Path file, char[] password) throws IOException, GeneralSecurityException {
        KeyStore store = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(file)) {
            store.load(in, password);
        } catch (IOException e) {
            throw new IOException("can't read the PKCS12 store " + file + ": " + e.getMessage(), e);
        }
        if (store.size() == 0) {
            throw new IOException("the PKCS12 store " + file + " is empty");
        }
        return store;
    }

    /** Makes a connection of a socket in blocking mode. */
    Connection connection(SocketChannel socket, boolean opener, long deadlineNanos) throws IOException {
        if (context.isEmpty()) {
            return new PlainConnection(socket);
        }
        SSLEngine engine = context.get().createSSLEngine();
        engine.setUseClientMode(opener);
        engine.setNeedClientAuth(!opener);
        engine.setEnabledProtocols(new String[] {PROTOCOL});
        TlsConnection connection = new TlsConnection(socket, engine);
        connection.handshake(deadlineNanos);
        return connection;
    }

    /**
     * Checks that the other side's certificate, if it has shown one, is made for an address: its subject alternative names must
     * have the host's name or IP address.
     *
     * @param who the other side, for the message
     */
    static void check(Connection connection, InetSocketAddress address, String who) throws HandshakeException {
        Optional<X509Certificate> certificate = connection.certificate();
        if (certificate.isPresent() && !names(certificate.get(), address)) {
            throw new HandshakeException("the certificate of "
                    + certificate.get().getSubjectX500Principal() + " is not made for " + who + " at "
                    + address.getHostString() + ", but for " + names(certificate.get()));
        }
    }

    private static boolean names(X509Certificate certificate, InetSocketAddress address) throws HandshakeException {
        String host = address.getHostString().toLowerCase(Locale.ROOT);
        for (String name : names(certificate)) {
            if (name.toLowerCase(Locale.ROOT).equals(host) || isAddress(name, address.getAddress())) {
                return true;
            }
        }
        return false;
    }

    private static boolean isAddress(String name, InetAddress address) {
        try {
            return InetAddress.ofLiteral(name).equals(address);
        } catch (IllegalArgumentException e) {
            // A name, which was compared as such.
            return false;
        }
    }

    /** DNS names and IP addresses. */
    private static List<String> names(X509Certificate certificate) throws HandshakeException {
        try {
            List<String> names = new ArrayList<>();
            Collection<List<?>> all = certificate.getSubjectAlternativeNames();
            for (List<?> name : all == null ? List.<List<?>>of() : all) {
                if (name.get(0) instanceof Integer type && (type == DNS_NAME || type == IP_ADDRESS)) {
                    names.add(String.valueOf(name.get(1)));
                }
            }
            return names;
        } catch (CertificateParsingException e) {
            throw (HandshakeException)
                    new HandshakeException("a certificate that can't be read: " + e.getMessage()).initCause(e);
        }
    }
}
