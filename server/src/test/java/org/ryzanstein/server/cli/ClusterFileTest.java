package org.ryzanstein.server.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.ryzanstein.api.comm.TlsConfig;
import org.ryzanstein.loader.cluster.ClusterException;

class ClusterFileTest {
    private static final String SECRET = "secret = 0123456789abcdef";

    @TempDir
    Path folder;

    private Path file(String... lines) throws IOException {
        return Files.writeString(folder.resolve("cluster.properties"), String.join("\n", lines));
    }

    @Test
    void readsAddressSecretAndRanks() throws IOException {
        ClusterFile file = ClusterFile.read(file("listen = 127.0.0.2:7420", SECRET, "ranks = 4"));
        assertThat(file.listen()).isEqualTo(new InetSocketAddress("127.0.0.2", 7420));
        assertThat(file.secret()).isEqualTo("0123456789abcdef".getBytes(StandardCharsets.US_ASCII));
        assertThat(file.ranks()).hasValue(4);
        assertThat(file.endpoint().address()).isEqualTo(file.listen());
        assertThat(file.toString()).contains("7420").doesNotContain("0123456789abcdef");
    }

    @Test
    void listensOnAnyPortOfTheLoopbackInterfaceUnlessToldOtherwise() throws IOException {
        ClusterFile file = ClusterFile.read(file(SECRET));
        assertThat(file.listen().getAddress().isLoopbackAddress()).isTrue();
        assertThat(file.listen().getPort()).isZero();
        assertThat(file.ranks()).isEmpty();
    }

    @Test
    void readsTheSecretFromAFileBesideIt() throws IOException {
        Files.writeString(folder.resolve("secret.txt"), "  fedcba9876543210\n");
        assertThat(ClusterFile.read(file("secret-file = secret.txt")).secret())
                .isEqualTo("fedcba9876543210".getBytes(StandardCharsets.US_ASCII));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "sekret = x | sekret: unknown, expected one of [listen, ranks, secret, secret-file, tls-key-store,",
                "ranks = 2 | found neither secret nor secret-file",
                "secret-file = x;secret = 0123456789abcdef | found both secret and secret-file",
                "secret = short | secret: found 5 bytes, expected at least 16",
                "secret-file = missing | secret-file: can't be read",
                "secret-file = short.txt | secret-file: found 3 bytes, expected at least 16",
                "secret = 0123456789abcdef;ranks = two | ranks: found two, expected a number from 1 to 64",
                "secret = 0123456789abcdef;ranks = 0 | ranks: found 0, expected a number from 1 to 64",
                "secret = 0123456789abcdef;ranks = 65 | ranks: found 65, expected a number from 1 to 64",
                "secret = 0123456789abcdef;listen = 7420 | listen: found 7420, expected HOST:PORT",
                "secret = 0123456789abcdef;listen = :7420 | listen: found :7420, expected HOST:PORT",
                "secret = 0123456789abcdef;listen = 127.0.0.1:x | listen: found 127.0.0.1:x, expected HOST:PORT",
                "secret = 0123456789abcdef;listen = 127.0.0.1:65536 | listen: found 127.0.0.1:65536, expected",
                "secret = 0123456789abcdef;listen = 1.2.3.4.5:1 | listen: unknown host in 1.2.3.4.5:1",
                "secret = 0123456789abcdef;tls-key-store = k.p12 | tls-trust-store: missing, expected a PKCS12 file",
                "secret = 0123456789abcdef;tls-password-file = p | tls-key-store: missing, expected a PKCS12 file",
                "secret = 0123456789abcdef;tls-key-store = k;tls-trust-store = t;tls-password-file = no | tls-password-file: can't",
                "secret = 0123456789abcdef;ranks = 2;ranks = 3 | ranks: found twice, expected once",
                "secret = \\u00 | can't be read"
            })
    void namesTheFileAndTheKeyOfWhatItRefuses(String lines, String message) throws IOException {
        Files.writeString(folder.resolve("short.txt"), "abc");
        Path file = file(lines.split(";"));
        assertThatThrownBy(() -> ClusterFile.read(file))
                .isInstanceOf(ClusterException.class)
                .hasMessageStartingWith(file + ": ")
                .hasMessageContaining(message);
    }

    @Test
    void takesCertificatesFromBesideTheFile() throws IOException {
        Files.writeString(folder.resolve("password.txt"), "changeit\n");
        ClusterFile file = ClusterFile.read(file(
                SECRET, "tls-key-store = own.p12", "tls-trust-store = all.p12", "tls-password-file = password.txt"));

        TlsConfig tls = file.endpoint().tls().orElseThrow();
        assertThat(tls.keyStore()).isEqualTo(folder.resolve("own.p12"));
        assertThat(tls.trustStore()).isEqualTo(folder.resolve("all.p12"));
        assertThat(tls.password()).containsExactly("changeit".toCharArray());
        assertThat(ClusterFile.read(file(SECRET)).endpoint().tls()).isEmpty();
    }

    @Test
    void namesAFileThatThereIsNot() {
        Path missing = folder.resolve("none.properties");
        assertThatThrownBy(() -> ClusterFile.read(missing))
                .isInstanceOf(ClusterException.class)
                .hasMessageStartingWith(missing + ": can't be read");
    }

    @Test
    void readsAddressesOfBothFamilies() {
        assertThat(ClusterFile.address("it", "[::1]:9").getAddress().getHostAddress())
                .isEqualTo("0:0:0:0:0:0:0:1");
        assertThat(ClusterFile.address("it", "127.0.0.1 : 9").getPort()).isEqualTo(9);
    }
}
