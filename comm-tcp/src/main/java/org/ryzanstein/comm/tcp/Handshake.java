package org.ryzanstein.comm.tcp;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Optional;
import java.util.function.Function;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Mutual proof that both sides know the secret, by challenge and response (as in ISO/IEC 9798-4, with HMAC-SHA256):
 *
 * <pre>
 * opener   : hello (64 bytes, with the opener's nonce of 32)
 * listener : magic, the listener's nonce of 32
 * opener   : HMAC(secret, "opener", hello, listener's message)
 * listener : verdict, length of the reason, HMAC(secret, "listener", hello, listener's message, verdict, reason), reason
 * </pre>
 *
 * Both nonces are new for each connection, so a recorded conversation proves nothing; the labels differ, so nothing can be sent
 * back to where it came from; epoch, ranks and world size are in the hello, so a proof for one is none for another. The opener
 * proves first: a stranger gets nothing out of the listener that depends on the secret.
 */
final class Handshake {
    static final int NONCE_BYTES = 32;
    static final int MAC_BYTES = 32;

    private static final int MAX_REASON_BYTES = 512;
    private static final byte ACCEPTED = 0;
    private static final byte REFUSED = 1;
    private static final int CHALLENGE_BYTES = 4 + NONCE_BYTES;
    private static final int VERDICT_BYTES = 4;
    private static final String ALGORITHM = "HmacSHA256";
    private static final SecureRandom RANDOM = new SecureRandom();

    private final byte[] secret;

    Handshake(byte[] secret) {
        this.secret = secret.clone();
    }

    /**
     * What a handshake has led to.
     *
     * @param key known to both sides alone, for what follows
     */
    record Session(Hello hello, byte[] key) {}

    /**
     * The opener's side.
     *
     * @throws HandshakeException if the listener refused, or could not prove that it knows the secret
     */
    Session open(Wire wire, Hello hello) throws IOException {
        byte[] first = hello.encode(nonce());
        wire.write(first);
        byte[] challenge = wire.read(CHALLENGE_BYTES);
        if (ByteBuffer.wrap(challenge).getInt() != Hello.MAGIC) {
            throw new HandshakeException("the other side is no rank: it answered in another protocol");
        }
        wire.write(mac("opener", first, challenge));
        byte[] verdict;
        try {
            verdict = wire.read(VERDICT_BYTES + MAC_BYTES);
        } catch (EOFException e) {
            throw new ProofRefusedException(e);
        }
        int length = ByteBuffer.wrap(verdict).getShort(2);
        if (length < 0 || length > MAX_REASON_BYTES) {
            throw new HandshakeException("a reason of " + length + " bytes, expected at most " + MAX_REASON_BYTES);
        }
        byte[] reason = wire.read(length);
        byte[] head = Arrays.copyOf(verdict, VERDICT_BYTES);
        byte[] proof = Arrays.copyOfRange(verdict, VERDICT_BYTES, verdict.length);
        if (!MessageDigest.isEqual(proof, mac("listener", first, challenge, head, reason))) {
            throw new HandshakeException("the other side could not prove that it knows the secret");
        }
        if (verdict[0] != ACCEPTED) {
            throw new HandshakeException("refused by the other side: " + new String(reason, StandardCharsets.UTF_8));
        }
        return new Session(hello, mac("session", first, challenge));
    }

    /**
     * The listener's side.
     *
     * @param check the reason to refuse an opener that has proved itself, if there is one
     * @throws HandshakeException if the opener was refused
     */
    Session listen(Wire wire, Function<Hello, Optional<String>> check) throws IOException {
        byte[] magic = wire.read(4);
        if (ByteBuffer.wrap(magic).getInt() != Hello.MAGIC) {
            throw new HandshakeException("no rank: its first bytes are no hello");
        }
        byte[] rest = wire.read(Hello.BYTES - magic.length);
        byte[] first = ByteBuffer.allocate(Hello.BYTES).put(magic).put(rest).array();
        Hello hello = Hello.decode(first);
        byte[] challenge = ByteBuffer.allocate(CHALLENGE_BYTES)
                .putInt(Hello.MAGIC)
                .put(nonce())
                .array();
        wire.write(challenge);
        if (!MessageDigest.isEqual(wire.read(MAC_BYTES), mac("opener", first, challenge))) {
            throw new HandshakeException(
                    "the proof is wrong: the secrets differ, or it was made for another connection");
        }
        Optional<String> refusal = check.apply(hello);
        byte[] reason = refusal.orElse("").getBytes(StandardCharsets.UTF_8);
        reason = Arrays.copyOf(reason, Math.min(reason.length, MAX_REASON_BYTES));
        byte[] head = ByteBuffer.allocate(VERDICT_BYTES)
                .put(refusal.isPresent() ? REFUSED : ACCEPTED)
                .put((byte) 0)
                .putShort((short) reason.length)
                .array();
        wire.write(head, mac("listener", first, challenge, head, reason), reason);
        if (refusal.isPresent()) {
            throw new HandshakeException(refusal.get());
        }
        return new Session(hello, mac("session", first, challenge));
    }

    private static byte[] nonce() {
        byte[] nonce = new byte[NONCE_BYTES];
        RANDOM.nextBytes(nonce);
        return nonce;
    }

    private byte[] mac(String label, byte[]... parts) {
        return mac(secret, label, parts);
    }

    /** HMAC over a label and parts whose lengths are fixed or last. */
    static byte[] mac(byte[] key, String label, byte[]... parts) {
        try {
            Mac mac = Mac.getInstance(ALGORITHM);
            mac.init(new SecretKeySpec(key, ALGORITHM));
            mac.update(label.getBytes(StandardCharsets.US_ASCII));
            mac.update((byte) 0);
            for (byte[] part : parts) {
                mac.update(part);
            }
            return mac.doFinal();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every JDK has " + ALGORITHM, e);
        }
    }
}
