package org.ryzanstein.loader.hostile;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;

/** Something that reads untrusted files, with the mutants that it is to survive. */
interface Target {
    String name();

    /** Good files that the mutants are made of; each must be accepted. */
    List<Mutant> seeds() throws IOException;

    /** One change of a seed, or several. */
    Mutant mutate(Mutant seed, SplittableRandom random);

    /** Reads the files of a folder and uses what they hold, as far as it goes. */
    void use(Path folder) throws IOException;

    /**
     * Fields whose refusal means that no more than magic numbers, counts and the outermost syntax were looked at; for
     * templates the kind of refusal.
     */
    Set<String> earlyFields();

    /** What one mutant may cost. */
    Bounds bounds();

    /**
     * What one mutant may cost.
     *
     * @param nanoseconds time of the processor: far more than is needed, since it stands for a hang
     * @param bytes allocated, whatever the size of the files
     * @param perByte and for each byte of them
     */
    record Bounds(long nanoseconds, long bytes, int perByte) {
        long bytes(long size) {
            return bytes + perByte * size;
        }
    }
}
