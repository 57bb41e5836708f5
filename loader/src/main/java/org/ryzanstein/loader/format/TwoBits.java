package org.ryzanstein.loader.format;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** Ternary digits of two bits each (digit + 1), four to a byte, decoded from eight bytes at a time. */
final class TwoBits {
    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final long LOW = 0x0303030303030303L;
    private static final long ONES = 0x0101010101010101L;
    private static final long TOPS = 0x8080808080808080L;

    private TwoBits() {}

    static long load(byte[] packed, int at) {
        return (long) LONG.get(packed, at);
    }

    /** Writes the digits that the lowest two bits of each of eight bytes stand for. */
    static void store(long bits, byte[] digits, int at) {
        // The set top bit keeps a borrow from reaching the next byte.
        LONG.set(digits, at, (((bits & LOW) | TOPS) - ONES) ^ TOPS);
    }

    /** Not 0 if one of the 32 values is 3, which stands for no digit. */
    static long threes(long bits) {
        return bits & (bits >>> 1) & 0x5555555555555555L;
    }
}
