package org.ryzanstein.api.comm;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * By which certificates the processes of a group know each other. Each shows the one in its key store; the others accept it if
 * their trust store has it, or the authority that signed it, and if its subject alternative names have the host name or the IP
 * address under which the process is listed.
 *
 * @param keyStore PKCS12 file with this process's private key and certificate
 * @param trustStore PKCS12 file with the certificates that are trusted
 * @param password of both files and of the key
 */
public record TlsConfig(Path keyStore, Path trustStore, char[] password) {
    /** Environment variable with the password. */
    public static final String PASSWORD_VARIABLE = "RYZANSTEIN_TLS_PASSWORD";

    public TlsConfig {
        password = password.clone();
    }

    /**
     * The password is the first line of a file.
     *
     * @throws UncheckedIOException if it can't be read or is empty
     */
    public static TlsConfig withPasswordFile(Path keyStore, Path trustStore, Path passwordFile) {
        try {
            String text = Files.readString(passwordFile);
            String password = text.lines().findFirst().orElse("");
            if (password.isEmpty()) {
                throw new IOException(passwordFile + " has no password in its first line");
            }
            return new TlsConfig(keyStore, trustStore, password.toCharArray());
        } catch (IOException e) {
            throw new UncheckedIOException("can't read the password of the TLS stores: " + e.getMessage(), e);
        }
    }

    /**
     * The password is in the environment variable {@value #PASSWORD_VARIABLE}.
     *
     * @throws IllegalArgumentException if it is not set
     */
    public static TlsConfig withPasswordFromEnvironment(Path keyStore, Path trustStore) {
        String password = System.getenv(PASSWORD_VARIABLE);
        if (password == null || password.isEmpty()) {
            throw new IllegalArgumentException("the environment variable " + PASSWORD_VARIABLE
                    + " with the password of the TLS stores is not set");
        }
        return new TlsConfig(keyStore, trustStore, password.toCharArray());
    }

    @Override
    public char[] password() {
        return password.clone();
    }

    /** All but the password. */
    @Override
    public String toString() {
        return "TlsConfig[keyStore=" + keyStore + ", trustStore=" + trustStore + "]";
    }
}
