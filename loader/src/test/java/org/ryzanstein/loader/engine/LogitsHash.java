package org.ryzanstein.loader.engine;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** SHA-256 over float32 logits, little-endian. */
final class LogitsHash {
    private final MessageDigest digest = sha256();

    void add(float[] logits) {
        ByteBuffer bytes = ByteBuffer.allocate(logits.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asFloatBuffer().put(logits);
        digest.update(bytes);
    }

    /** The hash of what was added; the next one begins anew. */
    String take() {
        return HexFormat.of().formatHex(digest.digest());
    }

    static String of(float[] logits) {
        LogitsHash hash = new LogitsHash();
        hash.add(logits);
        return hash.take();
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
