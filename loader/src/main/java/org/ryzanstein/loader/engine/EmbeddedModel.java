package org.ryzanstein.loader.engine;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import org.ryzanstein.loader.model.Model;

/** The model that ships in this module's jar, copied to a temporary file so that it can be mapped like any other. */
public final class EmbeddedModel implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(EmbeddedModel.class.getName());
    private static final String RESOURCE = "bitnet-tiny-i2_s.gguf";

    private final Path path;

    private EmbeddedModel(Path path) {
        this.path = path;
    }

    /** Copies it. */
    public static EmbeddedModel extract() {
        try (InputStream in = Model.class.getResourceAsStream(RESOURCE)) {
            if (in == null) {
                throw new IllegalStateException("the embedded model " + RESOURCE + " is missing from this build's jar");
            }
            Path target = Files.createTempFile("ryzanstein-", ".gguf");
            target.toFile().deleteOnExit();
            Files.copy(in, target, StandardCopyOption.REPLACE_EXISTING);
            return new EmbeddedModel(target);
        } catch (IOException e) {
            throw new UncheckedIOException("can't copy the embedded model to a temporary file", e);
        }
    }

    public Path path() {
        return path;
    }

    /** Deletes the copy, for which whoever has it open need not wait; where the system does, it goes when the JVM ends. */
    @Override
    public void close() {
        try {
            Files.deleteIfExists(path);
        } catch (IOException e) {
            LOG.log(System.Logger.Level.DEBUG, "can't delete the model's copy yet", e);
        }
    }
}
