package org.ryzanstein.loader.ranks;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import org.ryzanstein.loader.format.GgufModelFile;
import org.ryzanstein.loader.format.HubModelFile;
import org.ryzanstein.loader.format.ModelFile;

/** What tells one model from another: SHA-256 over the weights and the configuration that this process has opened. */
final class ModelHash {
    private ModelHash() {}

    /** Of a GGUF file; of a hub directory's safetensors files and the fields of its config.json. */
    static String of(ModelFile model) {
        return switch (model) {
            case GgufModelFile gguf -> gguf.sha256();
            case HubModelFile hub -> of(hub.sha256() + hub.directory().config().fields());
        };
    }

    private static String of(String text) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            return HexFormat.of().formatHex(digest.digest(text.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("this JVM lacks SHA-256", e);
        }
    }
}
