package org.ryzanstein.loader.format;

import java.lang.foreign.MemorySegment;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;

/** SHA-256 over mapped files, piece by piece. */
final class Sha256 {
    private static final long PIECE = 1 << 22;

    private Sha256() {}

    static String of(List<MemorySegment> segments) {
        MessageDigest digest;
        try {
            digest = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException("every Java runtime has SHA-256", impossible);
        }
        for (MemorySegment segment : segments) {
            for (long at = 0; at < segment.byteSize(); at += PIECE) {
                digest.update(segment.asSlice(at, Math.min(PIECE, segment.byteSize() - at))
                        .asByteBuffer());
            }
        }
        return HexFormat.of().formatHex(digest.digest());
    }
}
