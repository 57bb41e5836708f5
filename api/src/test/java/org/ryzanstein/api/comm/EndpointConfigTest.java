package org.ryzanstein.api.comm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class EndpointConfigTest {
    @Test
    void listensOnTheLoopbackInterfaceUnlessToldOtherwise() {
        EndpointConfig config = EndpointConfig.loopback(new byte[16]).withHandshakeDeadline(Duration.ofMillis(5));
        assertThat(config.address().getAddress().isLoopbackAddress()).isTrue();
        assertThat(config.address().getPort()).isZero();
        assertThat(config.handshakeDeadline()).isEqualTo(Duration.ofMillis(5));
    }

    @Test
    void keepsItsOwnCopyOfTheSecretAndShowsItToNobody() {
        byte[] secret = "0123456789abcdef".getBytes(java.nio.charset.StandardCharsets.US_ASCII);
        EndpointConfig config = EndpointConfig.loopback(secret);
        secret[0] = 9;
        config.secret()[1] = 9;
        assertThat(config.secret()).startsWith('0', '1', '2');
        assertThat(config.toString()).contains("handshakeDeadline=PT2S").doesNotContain("secret");
    }

    @Test
    void refusesAShortSecretAndNoDeadline() {
        assertThatThrownBy(() -> EndpointConfig.loopback(new byte[15]))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("secret of 15 bytes, expected at least 16");
        EndpointConfig config = EndpointConfig.loopback(new byte[16]);
        assertThatThrownBy(() -> config.withHandshakeDeadline(Duration.ZERO)).hasMessageContaining("deadline");
    }
}
