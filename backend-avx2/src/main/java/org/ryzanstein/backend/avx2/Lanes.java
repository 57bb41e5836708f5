package org.ryzanstein.backend.avx2;

import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * The only vector shapes of this backend, so that each call site sees one, and what else the kernels in {@code backend-simd} must know
 * of the instruction set.
 */
final class Lanes {
    static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_256;
    static final VectorSpecies<Integer> INTS = IntVector.SPECIES_256;
    static final VectorSpecies<Short> SHORTS = ShortVector.SPECIES_256;
    /** As many bytes as {@link #SHORTS} has lanes, and as many as AVX2 can permute by one instruction. */
    static final VectorSpecies<Byte> BYTES_16 = ByteVector.SPECIES_128;

    /** As many shorts as {@link #INTS} has lanes. */
    static final VectorSpecies<Short> WORD_SHORTS = ShortVector.SPECIES_128;
    /** As many bytes as {@link #INTS} has lanes. */
    static final VectorSpecies<Byte> WORD_BYTES = ByteVector.SPECIES_64;

    // The classes of vectors of the species above. A vector is cast to its class wherever a method of it is
    // called: while it parses, the compiler mostly does not know the class of what it has just made. It would ask
    // profiles that all users of vectors in the JVM share, and where they hold two classes make code for both, and
    // an object of the vector (decision 0016; VectorCastsTest of system-test finds where a cast is missing).
    static final Class<? extends FloatVector> FLOAT = FLOATS.vectorType().asSubclass(FloatVector.class);
    static final Class<? extends IntVector> INT = INTS.vectorType().asSubclass(IntVector.class);
    static final Class<? extends ShortVector> SHORT = SHORTS.vectorType().asSubclass(ShortVector.class);
    static final Class<? extends ByteVector> BYTE_16 = BYTES_16.vectorType().asSubclass(ByteVector.class);
    static final Class<? extends ShortVector> WORD_SHORT =
            WORD_SHORTS.vectorType().asSubclass(ShortVector.class);
    static final Class<? extends ByteVector> WORD_BYTE = WORD_BYTES.vectorType().asSubclass(ByteVector.class);

    /** 32-bit lanes. */
    static final int WORDS = 8;
    /** 16-bit lanes. */
    static final int HALVES = 16;

    /** Vector registers. */
    static final int REGISTERS = 16;
    /** Whether products with tiles of activations are made in 16 bits where they fit: multiplies twice as many in a vector. */
    static final boolean TILES_IN_SHORTS = true;

    private Lanes() {}
}
