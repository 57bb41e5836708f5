package org.ryzanstein.backend.avx2;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/** The only vector shapes of this backend, so that each call site sees one. */
final class Lanes {
    static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_256;
    static final VectorSpecies<Integer> INTS = IntVector.SPECIES_256;
    static final VectorSpecies<Short> SHORTS = ShortVector.SPECIES_256;
    /** As many shorts as {@link #INTS} has lanes. */
    static final VectorSpecies<Short> SHORTS_8 = ShortVector.SPECIES_128;
    /** As many bytes as {@link #INTS} has lanes. */
    static final VectorSpecies<Byte> BYTES_8 = ByteVector.SPECIES_64;
    /** As many bytes as {@link #SHORTS} has lanes, and as many as AVX2 can permute by one instruction. */
    static final VectorSpecies<Byte> BYTES_16 = ByteVector.SPECIES_128;

    /** 32-bit lanes. */
    static final int WORDS = 8;
    /** 16-bit lanes. */
    static final int HALVES = 16;

    private Lanes() {}

    /** A vector of 16-bit lanes in little-endian memory. */
    static ShortVector shorts(MemorySegment memory, long at) {
        return ShortVector.fromMemorySegment(SHORTS, memory, at, ByteOrder.LITTLE_ENDIAN);
    }

    /** Eight int16 numbers as floats. */
    static FloatVector floats(short[] array, int at) {
        return (FloatVector) ShortVector.fromArray(SHORTS_8, array, at).convertShape(VectorOperators.S2F, FLOATS, 0);
    }

    /** Eight int8 numbers as floats. */
    static FloatVector int8(MemorySegment memory, long at) {
        ByteVector bytes = ByteVector.fromMemorySegment(BYTES_8, memory, at, ByteOrder.LITTLE_ENDIAN);
        return (FloatVector) bytes.convertShape(VectorOperators.B2F, FLOATS, 0);
    }

    /** A pair of equal int16 numbers in all lanes: to broadcast 32 bits takes a load and nothing else. */
    static ShortVector pair(int[] pairs, int at) {
        return IntVector.broadcast(INTS, pairs[at]).reinterpretAsShorts();
    }

    /** The float32 of such bits in all lanes. */
    static FloatVector float32(int[] bits, int at) {
        return IntVector.broadcast(INTS, bits[at]).reinterpretAsFloats();
    }
}
