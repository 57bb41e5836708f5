package org.ryzanstein.comm.tcp;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.List;
import org.ryzanstein.api.comm.TlsConfig;

/** Key stores of the tests, made by the JDK's keytool, and a trust store. */
final class Certificates {
    /** For 127.0.0.1, trusted. */
    static final String HOST = "host";

    /** For another host, trusted. */
    static final String ELSEWHERE = "elsewhere";

    /** For 127.0.0.1, but trusted by nobody. */
    static final String STRANGER = "stranger";

    private static final String PASSWORD = "changeit";
    private static final String TRUST = "trust.p12";

    private Certificates() {}

    /** Makes all stores in a folder. */
    static void make(Path folder) {
        generate(folder, HOST, "ip:127.0.0.1");
        generate(folder, ELSEWHERE, "ip:10.1.2.3,dns:elsewhere.example");
        generate(folder, STRANGER, "ip:127.0.0.1");
        try {
            KeyStore trust = KeyStore.getInstance("PKCS12");
            trust.load(null, null);
            for (String name : List.of(HOST, ELSEWHERE)) {
                KeyStore store = KeyStore.getInstance("PKCS12");
                try (InputStream in = Files.newInputStream(folder.resolve(name + ".p12"))) {
                    store.load(in, PASSWORD.toCharArray());
                }
                trust.setCertificateEntry(name, store.getCertificate(name));
            }
            try (OutputStream out = Files.newOutputStream(folder.resolve(TRUST))) {
                trust.store(out, PASSWORD.toCharArray());
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void generate(Path folder, String name, String alternativeNames) {
        List<String> command = List.of(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair",
                "-alias",
                name,
                "-keyalg",
                "EC",
                "-groupname",
                "secp256r1",
                "-dname",
                "CN=" + name,
                "-ext",
                "san=" + alternativeNames,
                "-validity",
                "3650",
                "-storetype",
                "PKCS12",
                "-keystore",
                folder.resolve(name + ".p12").toString(),
                "-storepass",
                PASSWORD);
        try {
            Process process =
                    new ProcessBuilder(command).redirectErrorStream(true).start();
            String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (process.waitFor() != 0) {
                throw new IllegalStateException(command + ": " + text);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }

    /** How whoever has this key store in a folder takes part. */
    static TlsConfig in(Path folder, String name) {
        return new TlsConfig(folder.resolve(name + ".p12"), folder.resolve(TRUST), PASSWORD.toCharArray());
    }
}
