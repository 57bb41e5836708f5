import java.lang.foreign.*;
import java.nio.ByteOrder;
import java.util.*;
import jdk.incubator.vector.*;

/** Products with 32 tokens by tables of sums, without building them: variants of the inner loop. */
public class Tokens {
    static final VectorSpecies<Short> S = ShortVector.SPECIES_256;
    static final VectorSpecies<Byte> B16 = ByteVector.SPECIES_128;
    static final int R = 64, T = 32, H = 16;
    static final Arena ARENA = Arena.global();

    static MemorySegment mem(long bytes) { return ARENA.allocate(bytes, 64); }

    static final int D = 81 * T; static final long DB = D * 2;
    static ShortVector ld(MemorySegment m, long at) { return ShortVector.fromMemorySegment(S, m, at, ByteOrder.LITTLE_ENDIAN); }
    static final MemorySegment CT = mem(8 * 8192 + 64); static final short[] CH = new short[8 * 8192 + 64];
    static void k0(byte[] b, short[] tables, short[] sums, int to) {
        for (int row = 0; row < R; row++) {
            ShortVector a0 = ShortVector.fromArray(S, sums, to + row * 32 + 0);
            ShortVector a1 = ShortVector.fromArray(S, sums, to + row * 32 + 16);
            int t0 = b[row + 0 * R] * 32 + 0;
            a0 = a0.add(ShortVector.fromArray(S, tables, t0 + 0));
            a1 = a1.add(ShortVector.fromArray(S, tables, t0 + 16));
            int t1 = b[row + 1 * R] * 32 + 2592;
            a0 = a0.add(ShortVector.fromArray(S, tables, t1 + 0));
            a1 = a1.add(ShortVector.fromArray(S, tables, t1 + 16));
            int t2 = b[row + 2 * R] * 32 + 5184;
            a0 = a0.add(ShortVector.fromArray(S, tables, t2 + 0));
            a1 = a1.add(ShortVector.fromArray(S, tables, t2 + 16));
            int t3 = b[row + 3 * R] * 32 + 7776;
            a0 = a0.add(ShortVector.fromArray(S, tables, t3 + 0));
            a1 = a1.add(ShortVector.fromArray(S, tables, t3 + 16));
            int t4 = b[row + 4 * R] * 32 + 10368;
            a0 = a0.add(ShortVector.fromArray(S, tables, t4 + 0));
            a1 = a1.add(ShortVector.fromArray(S, tables, t4 + 16));
            int t5 = b[row + 5 * R] * 32 + 12960;
            a0 = a0.add(ShortVector.fromArray(S, tables, t5 + 0));
            a1 = a1.add(ShortVector.fromArray(S, tables, t5 + 16));
            int t6 = b[row + 6 * R] * 32 + 15552;
            a0 = a0.add(ShortVector.fromArray(S, tables, t6 + 0));
            a1 = a1.add(ShortVector.fromArray(S, tables, t6 + 16));
            int t7 = b[row + 7 * R] * 32 + 18144;
            a0 = a0.add(ShortVector.fromArray(S, tables, t7 + 0));
            a1 = a1.add(ShortVector.fromArray(S, tables, t7 + 16));
            a0.intoArray(sums, to + row * 32 + 0);
            a1.intoArray(sums, to + row * 32 + 16);
        }
    }
    static void k1(char[] b, short[] tables, short[] sums, int to) {
        for (int row = 0; row < R; row++) {
            ShortVector a0 = ShortVector.fromArray(S, sums, to + row * 32 + 0);
            ShortVector a1 = ShortVector.fromArray(S, sums, to + row * 32 + 16);
            int t0 = b[row + 0 * R] + 0;
            a0 = a0.add(ShortVector.fromArray(S, tables, t0 + 0));
            a1 = a1.add(ShortVector.fromArray(S, tables, t0 + 16));
            int t1 = b[row + 1 * R] + 2592;
            a0 = a0.add(ShortVector.fromArray(S, tables, t1 + 0));
            a1 = a1.add(ShortVector.fromArray(S, tables, t1 + 16));
            int t2 = b[row + 2 * R] + 5184;
            a0 = a0.add(ShortVector.fromArray(S, tables, t2 + 0));
            a1 = a1.add(ShortVector.fromArray(S, tables, t2 + 16));
            int t3 = b[row + 3 * R] + 7776;
            a0 = a0.add(ShortVector.fromArray(S, tables, t3 + 0));
            a1 = a1.add(ShortVector.fromArray(S, tables, t3 + 16));
            int t4 = b[row + 4 * R] + 10368;
            a0 = a0.add(ShortVector.fromArray(S, tables, t4 + 0));
            a1 = a1.add(ShortVector.fromArray(S, tables, t4 + 16));
            int t5 = b[row + 5 * R] + 12960;
            a0 = a0.add(ShortVector.fromArray(S, tables, t5 + 0));
            a1 = a1.add(ShortVector.fromArray(S, tables, t5 + 16));
            int t6 = b[row + 6 * R] + 15552;
            a0 = a0.add(ShortVector.fromArray(S, tables, t6 + 0));
            a1 = a1.add(ShortVector.fromArray(S, tables, t6 + 16));
            int t7 = b[row + 7 * R] + 18144;
            a0 = a0.add(ShortVector.fromArray(S, tables, t7 + 0));
            a1 = a1.add(ShortVector.fromArray(S, tables, t7 + 16));
            a0.intoArray(sums, to + row * 32 + 0);
            a1.intoArray(sums, to + row * 32 + 16);
        }
    }
    static void k2(byte[] b, MemorySegment tables, short[] sums, int to) {
        for (int row = 0; row < R; row++) {
            ShortVector a0 = ShortVector.fromArray(S, sums, to + row * 32 + 0);
            ShortVector a1 = ShortVector.fromArray(S, sums, to + row * 32 + 16);
            long t0 = b[row + 0 * R] * 64L + 0;
            a0 = a0.add(ld(tables, t0 + 0));
            a1 = a1.add(ld(tables, t0 + 32));
            long t1 = b[row + 1 * R] * 64L + 5184;
            a0 = a0.add(ld(tables, t1 + 0));
            a1 = a1.add(ld(tables, t1 + 32));
            long t2 = b[row + 2 * R] * 64L + 10368;
            a0 = a0.add(ld(tables, t2 + 0));
            a1 = a1.add(ld(tables, t2 + 32));
            long t3 = b[row + 3 * R] * 64L + 15552;
            a0 = a0.add(ld(tables, t3 + 0));
            a1 = a1.add(ld(tables, t3 + 32));
            long t4 = b[row + 4 * R] * 64L + 20736;
            a0 = a0.add(ld(tables, t4 + 0));
            a1 = a1.add(ld(tables, t4 + 32));
            long t5 = b[row + 5 * R] * 64L + 25920;
            a0 = a0.add(ld(tables, t5 + 0));
            a1 = a1.add(ld(tables, t5 + 32));
            long t6 = b[row + 6 * R] * 64L + 31104;
            a0 = a0.add(ld(tables, t6 + 0));
            a1 = a1.add(ld(tables, t6 + 32));
            long t7 = b[row + 7 * R] * 64L + 36288;
            a0 = a0.add(ld(tables, t7 + 0));
            a1 = a1.add(ld(tables, t7 + 32));
            a0.intoArray(sums, to + row * 32 + 0);
            a1.intoArray(sums, to + row * 32 + 16);
        }
    }
    static void k3(char[] b, MemorySegment tables, short[] sums, int to) {
        for (int row = 0; row < R; row++) {
            ShortVector a0 = ShortVector.fromArray(S, sums, to + row * 32 + 0);
            ShortVector a1 = ShortVector.fromArray(S, sums, to + row * 32 + 16);
            long t0 = b[row + 0 * R] + 0;
            a0 = a0.add(ld(tables, t0 + 0));
            a1 = a1.add(ld(tables, t0 + 32));
            long t1 = b[row + 1 * R] + 5184;
            a0 = a0.add(ld(tables, t1 + 0));
            a1 = a1.add(ld(tables, t1 + 32));
            long t2 = b[row + 2 * R] + 10368;
            a0 = a0.add(ld(tables, t2 + 0));
            a1 = a1.add(ld(tables, t2 + 32));
            long t3 = b[row + 3 * R] + 15552;
            a0 = a0.add(ld(tables, t3 + 0));
            a1 = a1.add(ld(tables, t3 + 32));
            long t4 = b[row + 4 * R] + 20736;
            a0 = a0.add(ld(tables, t4 + 0));
            a1 = a1.add(ld(tables, t4 + 32));
            long t5 = b[row + 5 * R] + 25920;
            a0 = a0.add(ld(tables, t5 + 0));
            a1 = a1.add(ld(tables, t5 + 32));
            long t6 = b[row + 6 * R] + 31104;
            a0 = a0.add(ld(tables, t6 + 0));
            a1 = a1.add(ld(tables, t6 + 32));
            long t7 = b[row + 7 * R] + 36288;
            a0 = a0.add(ld(tables, t7 + 0));
            a1 = a1.add(ld(tables, t7 + 32));
            a0.intoArray(sums, to + row * 32 + 0);
            a1.intoArray(sums, to + row * 32 + 16);
        }
    }
    static void k4(byte[] b, short[] tables, short[] sums, int to) {
        for (int row = 0; row < R; row++) {
            ShortVector a0 = ShortVector.fromArray(S, sums, to + row * 16 + 0);
            int t0 = b[row + 0 * R] * 16 + 0;
            a0 = a0.add(ShortVector.fromArray(S, tables, t0 + 0));
            int t1 = b[row + 1 * R] * 16 + 1296;
            a0 = a0.add(ShortVector.fromArray(S, tables, t1 + 0));
            int t2 = b[row + 2 * R] * 16 + 2592;
            a0 = a0.add(ShortVector.fromArray(S, tables, t2 + 0));
            int t3 = b[row + 3 * R] * 16 + 3888;
            a0 = a0.add(ShortVector.fromArray(S, tables, t3 + 0));
            int t4 = b[row + 4 * R] * 16 + 5184;
            a0 = a0.add(ShortVector.fromArray(S, tables, t4 + 0));
            int t5 = b[row + 5 * R] * 16 + 6480;
            a0 = a0.add(ShortVector.fromArray(S, tables, t5 + 0));
            int t6 = b[row + 6 * R] * 16 + 7776;
            a0 = a0.add(ShortVector.fromArray(S, tables, t6 + 0));
            int t7 = b[row + 7 * R] * 16 + 9072;
            a0 = a0.add(ShortVector.fromArray(S, tables, t7 + 0));
            a0.intoArray(sums, to + row * 16 + 0);
        }
    }
    static void k5(char[] b, short[] tables, short[] sums, int to) {
        for (int row = 0; row < R; row++) {
            ShortVector a0 = ShortVector.fromArray(S, sums, to + row * 16 + 0);
            int t0 = b[row + 0 * R] + 0;
            a0 = a0.add(ShortVector.fromArray(S, tables, t0 + 0));
            int t1 = b[row + 1 * R] + 1296;
            a0 = a0.add(ShortVector.fromArray(S, tables, t1 + 0));
            int t2 = b[row + 2 * R] + 2592;
            a0 = a0.add(ShortVector.fromArray(S, tables, t2 + 0));
            int t3 = b[row + 3 * R] + 3888;
            a0 = a0.add(ShortVector.fromArray(S, tables, t3 + 0));
            int t4 = b[row + 4 * R] + 5184;
            a0 = a0.add(ShortVector.fromArray(S, tables, t4 + 0));
            int t5 = b[row + 5 * R] + 6480;
            a0 = a0.add(ShortVector.fromArray(S, tables, t5 + 0));
            int t6 = b[row + 6 * R] + 7776;
            a0 = a0.add(ShortVector.fromArray(S, tables, t6 + 0));
            int t7 = b[row + 7 * R] + 9072;
            a0 = a0.add(ShortVector.fromArray(S, tables, t7 + 0));
            int t8 = b[row + 8 * R] + 10368;
            a0 = a0.add(ShortVector.fromArray(S, tables, t8 + 0));
            int t9 = b[row + 9 * R] + 11664;
            a0 = a0.add(ShortVector.fromArray(S, tables, t9 + 0));
            int t10 = b[row + 10 * R] + 12960;
            a0 = a0.add(ShortVector.fromArray(S, tables, t10 + 0));
            int t11 = b[row + 11 * R] + 14256;
            a0 = a0.add(ShortVector.fromArray(S, tables, t11 + 0));
            int t12 = b[row + 12 * R] + 15552;
            a0 = a0.add(ShortVector.fromArray(S, tables, t12 + 0));
            int t13 = b[row + 13 * R] + 16848;
            a0 = a0.add(ShortVector.fromArray(S, tables, t13 + 0));
            int t14 = b[row + 14 * R] + 18144;
            a0 = a0.add(ShortVector.fromArray(S, tables, t14 + 0));
            int t15 = b[row + 15 * R] + 19440;
            a0 = a0.add(ShortVector.fromArray(S, tables, t15 + 0));
            a0.intoArray(sums, to + row * 16 + 0);
        }
    }
    static void k6(char[] b, MemorySegment tables, short[] sums, int to) {
        for (int row = 0; row < R; row++) {
            ShortVector a0 = ShortVector.fromArray(S, sums, to + row * 64 + 0);
            ShortVector a1 = ShortVector.fromArray(S, sums, to + row * 64 + 16);
            ShortVector a2 = ShortVector.fromArray(S, sums, to + row * 64 + 32);
            ShortVector a3 = ShortVector.fromArray(S, sums, to + row * 64 + 48);
            long t0 = b[row + 0 * R] + 0;
            a0 = a0.add(ld(tables, t0 + 0));
            a1 = a1.add(ld(tables, t0 + 32));
            a2 = a2.add(ld(tables, t0 + 64));
            a3 = a3.add(ld(tables, t0 + 96));
            long t1 = b[row + 1 * R] + 10368;
            a0 = a0.add(ld(tables, t1 + 0));
            a1 = a1.add(ld(tables, t1 + 32));
            a2 = a2.add(ld(tables, t1 + 64));
            a3 = a3.add(ld(tables, t1 + 96));
            long t2 = b[row + 2 * R] + 20736;
            a0 = a0.add(ld(tables, t2 + 0));
            a1 = a1.add(ld(tables, t2 + 32));
            a2 = a2.add(ld(tables, t2 + 64));
            a3 = a3.add(ld(tables, t2 + 96));
            long t3 = b[row + 3 * R] + 31104;
            a0 = a0.add(ld(tables, t3 + 0));
            a1 = a1.add(ld(tables, t3 + 32));
            a2 = a2.add(ld(tables, t3 + 64));
            a3 = a3.add(ld(tables, t3 + 96));
            a0.intoArray(sums, to + row * 64 + 0);
            a1.intoArray(sums, to + row * 64 + 16);
            a2.intoArray(sums, to + row * 64 + 32);
            a3.intoArray(sums, to + row * 64 + 48);
        }
    }
    static void k7(char[] b, short[] tables, short[] sums, int to) {
        for (int row = 0; row < R; row++) {
            ShortVector a0 = ShortVector.fromArray(S, sums, to + row * 64 + 0);
            ShortVector a1 = ShortVector.fromArray(S, sums, to + row * 64 + 16);
            ShortVector a2 = ShortVector.fromArray(S, sums, to + row * 64 + 32);
            ShortVector a3 = ShortVector.fromArray(S, sums, to + row * 64 + 48);
            int t0 = b[row + 0 * R] + 0;
            a0 = a0.add(ShortVector.fromArray(S, tables, t0 + 0));
            a1 = a1.add(ShortVector.fromArray(S, tables, t0 + 16));
            a2 = a2.add(ShortVector.fromArray(S, tables, t0 + 32));
            a3 = a3.add(ShortVector.fromArray(S, tables, t0 + 48));
            int t1 = b[row + 1 * R] + 5184;
            a0 = a0.add(ShortVector.fromArray(S, tables, t1 + 0));
            a1 = a1.add(ShortVector.fromArray(S, tables, t1 + 16));
            a2 = a2.add(ShortVector.fromArray(S, tables, t1 + 32));
            a3 = a3.add(ShortVector.fromArray(S, tables, t1 + 48));
            int t2 = b[row + 2 * R] + 10368;
            a0 = a0.add(ShortVector.fromArray(S, tables, t2 + 0));
            a1 = a1.add(ShortVector.fromArray(S, tables, t2 + 16));
            a2 = a2.add(ShortVector.fromArray(S, tables, t2 + 32));
            a3 = a3.add(ShortVector.fromArray(S, tables, t2 + 48));
            int t3 = b[row + 3 * R] + 15552;
            a0 = a0.add(ShortVector.fromArray(S, tables, t3 + 0));
            a1 = a1.add(ShortVector.fromArray(S, tables, t3 + 16));
            a2 = a2.add(ShortVector.fromArray(S, tables, t3 + 32));
            a3 = a3.add(ShortVector.fromArray(S, tables, t3 + 48));
            a0.intoArray(sums, to + row * 64 + 0);
            a1.intoArray(sums, to + row * 64 + 16);
            a2.intoArray(sums, to + row * 64 + 32);
            a3.intoArray(sums, to + row * 64 + 48);
        }
    }
    static void k8(char[] b, short[] tables, short[] sums, int to) {
        for (int row = 0; row < R; row++) {
            ShortVector a0 = ShortVector.fromArray(S, sums, to + row * 32 + 0);
            ShortVector a1 = ShortVector.fromArray(S, sums, to + row * 32 + 16);
            int t0 = b[row + 0 * R] + 0;
            a0 = a0.add(ShortVector.fromArray(S, tables, t0 + 0));
            a1 = a1.add(ShortVector.fromArray(S, tables, t0 + 16));
            int t1 = b[row + 1 * R] + 2592;
            a0 = a0.add(ShortVector.fromArray(S, tables, t1 + 0));
            a1 = a1.add(ShortVector.fromArray(S, tables, t1 + 16));
            int t2 = b[row + 2 * R] + 5184;
            a0 = a0.add(ShortVector.fromArray(S, tables, t2 + 0));
            a1 = a1.add(ShortVector.fromArray(S, tables, t2 + 16));
            int t3 = b[row + 3 * R] + 7776;
            a0 = a0.add(ShortVector.fromArray(S, tables, t3 + 0));
            a1 = a1.add(ShortVector.fromArray(S, tables, t3 + 16));
            a0.intoArray(sums, to + row * 32 + 0);
            a1.intoArray(sums, to + row * 32 + 16);
        }
    }
    static void k9(char[] b, MemorySegment tables, short[] sums, int to) {
        for (int row = 0; row < R; row++) {
            ShortVector a0 = ShortVector.fromArray(S, sums, to + row * 32 + 0);
            ShortVector a1 = ShortVector.fromArray(S, sums, to + row * 32 + 16);
            long t0 = (b[row + 0 * R] & 8191) + 0;
            a0 = a0.add(ld(CT, t0 + 0));
            a1 = a1.add(ld(CT, t0 + 32));
            long t1 = (b[row + 1 * R] & 8191) + 8192;
            a0 = a0.add(ld(CT, t1 + 0));
            a1 = a1.add(ld(CT, t1 + 32));
            long t2 = (b[row + 2 * R] & 8191) + 16384;
            a0 = a0.add(ld(CT, t2 + 0));
            a1 = a1.add(ld(CT, t2 + 32));
            long t3 = (b[row + 3 * R] & 8191) + 24576;
            a0 = a0.add(ld(CT, t3 + 0));
            a1 = a1.add(ld(CT, t3 + 32));
            long t4 = (b[row + 4 * R] & 8191) + 32768;
            a0 = a0.add(ld(CT, t4 + 0));
            a1 = a1.add(ld(CT, t4 + 32));
            long t5 = (b[row + 5 * R] & 8191) + 40960;
            a0 = a0.add(ld(CT, t5 + 0));
            a1 = a1.add(ld(CT, t5 + 32));
            long t6 = (b[row + 6 * R] & 8191) + 49152;
            a0 = a0.add(ld(CT, t6 + 0));
            a1 = a1.add(ld(CT, t6 + 32));
            long t7 = (b[row + 7 * R] & 8191) + 57344;
            a0 = a0.add(ld(CT, t7 + 0));
            a1 = a1.add(ld(CT, t7 + 32));
            a0.intoArray(sums, to + row * 32 + 0);
            a1.intoArray(sums, to + row * 32 + 16);
        }
    }
    static void k10(char[] b, MemorySegment tables, short[] sums, int to) {
        for (int row = 0; row < R; row++) {
            ShortVector a0 = ShortVector.fromArray(S, sums, to + row * 32 + 0);
            ShortVector a1 = ShortVector.fromArray(S, sums, to + row * 32 + 16);
            long t0 = (b[row + 0 * R] & 8191) + 0;
            a0 = a0.add(ShortVector.fromArray(S, CH, (int) t0 + 0));
            a1 = a1.add(ShortVector.fromArray(S, CH, (int) t0 + 16));
            long t1 = (b[row + 1 * R] & 8191) + 8192;
            a0 = a0.add(ShortVector.fromArray(S, CH, (int) t1 + 0));
            a1 = a1.add(ShortVector.fromArray(S, CH, (int) t1 + 16));
            long t2 = (b[row + 2 * R] & 8191) + 16384;
            a0 = a0.add(ShortVector.fromArray(S, CH, (int) t2 + 0));
            a1 = a1.add(ShortVector.fromArray(S, CH, (int) t2 + 16));
            long t3 = (b[row + 3 * R] & 8191) + 24576;
            a0 = a0.add(ShortVector.fromArray(S, CH, (int) t3 + 0));
            a1 = a1.add(ShortVector.fromArray(S, CH, (int) t3 + 16));
            long t4 = (b[row + 4 * R] & 8191) + 32768;
            a0 = a0.add(ShortVector.fromArray(S, CH, (int) t4 + 0));
            a1 = a1.add(ShortVector.fromArray(S, CH, (int) t4 + 16));
            long t5 = (b[row + 5 * R] & 8191) + 40960;
            a0 = a0.add(ShortVector.fromArray(S, CH, (int) t5 + 0));
            a1 = a1.add(ShortVector.fromArray(S, CH, (int) t5 + 16));
            long t6 = (b[row + 6 * R] & 8191) + 49152;
            a0 = a0.add(ShortVector.fromArray(S, CH, (int) t6 + 0));
            a1 = a1.add(ShortVector.fromArray(S, CH, (int) t6 + 16));
            long t7 = (b[row + 7 * R] & 8191) + 57344;
            a0 = a0.add(ShortVector.fromArray(S, CH, (int) t7 + 0));
            a1 = a1.add(ShortVector.fromArray(S, CH, (int) t7 + 16));
            a0.intoArray(sums, to + row * 32 + 0);
            a1.intoArray(sums, to + row * 32 + 16);
        }
    }
    public static void main(String[] a) {
        int threads = a.length > 0 ? Integer.parseInt(a[0]) : 1;
        List<Thread> ts = new ArrayList<>();
        for (int i = 0; i < threads; i++) { boolean print = i == 0; Thread t = new Thread(() -> work(print)); t.start(); ts.add(t); }
        for (Thread t : ts) try { t.join(); } catch (InterruptedException e) {}
    }
    static void work(boolean print) {
        Random rnd = new Random(1);
        int blocks = 32, panels = 64;  // 2048 rows x 2048 columns
        byte[][] b0 = new byte[blocks * panels][16 * R];
        byte[][] b1 = new byte[blocks * panels][16 * R];
        char[][] o2 = new char[64][16 * R]; char[][] o1 = new char[64][16 * R];
        for (int p = 0; p < b0.length; p++) for (int i = 0; i < 16 * R; i++) {
            int plus = 0, minus = 0, idx = 0, pow = 1;
            for (int d = 0; d < 4; d++, pow *= 3) {
                int w = rnd.nextInt(3);
                if (w == 1) plus |= 1 << d; if (w == 2) minus |= 1 << d;
                idx += w * pow;
            }
            b0[p][i] = (byte) (plus | minus << 4);
            b1[p][i] = (byte) idx;
            if (p < 64) { o2[p][i] = (char) (idx * 64); o1[p][i] = (char) (idx * 16); }
        }
        short[] t0 = new short[8 * 256 * T], t1 = new short[16 * D];
        MemorySegment t2 = mem(16 * DB);
        short[] s0 = new short[2 * blocks * R * T];
        MemorySegment s2 = mem(blocks * R * T * 2L);
        double macs = 0;
        String[] names = {"heapbyte 2v 8p","heapchar 2v 8p","natbyte 2v 8p","natchar 2v 8p","heapbyte 1v 8p","heapchar 1v 16p","natchar 4v 4p","heapchar 4v 4p","heapchar 2v 4p","constchar 2v 8p","constheap 2v 8p"};
        for (int tileBlocks : new int[] {8}) {
        for (int rep = 0; rep < 5; rep++) {
            StringBuilder line = new StringBuilder("");
            for (int v = 0; v < 11; v++) {
                long best = Long.MAX_VALUE;
                for (int r = 0; r < 5; r++) {
                    long t = System.nanoTime();
                    for (int tile = 0; tile < blocks; tile += tileBlocks)
                    for (int p = 0; p < panels; p++) for (int b = tile; b < tile + tileBlocks; b++) {
                        int q = p * blocks + b;
                        switch (v) {
case 0 -> { for (int x = 0; x < 1; x++) k0(b1[q], t1, s0, b * R * T); macs = (double) blocks * panels * R * 4 * 8 * 32; }
case 1 -> { for (int x = 0; x < 1; x++) k1(o1[q & 63], t1, s0, b * R * T); macs = (double) blocks * panels * R * 4 * 8 * 32; }
case 2 -> { for (int x = 0; x < 1; x++) k2(b1[q], t2, s0, b * R * T); macs = (double) blocks * panels * R * 4 * 8 * 32; }
case 3 -> { for (int x = 0; x < 1; x++) k3(o2[q & 63], t2, s0, b * R * T); macs = (double) blocks * panels * R * 4 * 8 * 32; }
case 4 -> { for (int x = 0; x < 1; x++) k4(b1[q], t1, s0, b * R * T); macs = (double) blocks * panels * R * 4 * 8 * 16; }
case 5 -> { for (int x = 0; x < 1; x++) k5(o1[q & 63], t1, s0, b * R * T); macs = (double) blocks * panels * R * 4 * 16 * 16; }
case 6 -> { for (int x = 0; x < 1; x++) k6(o2[q & 63], t2, s0, b * R * T); macs = (double) blocks * panels * R * 4 * 4 * 64; }
case 7 -> { for (int x = 0; x < 1; x++) k7(o1[q & 63], t1, s0, b * R * T); macs = (double) blocks * panels * R * 4 * 4 * 64; }
case 8 -> { for (int x = 0; x < 1; x++) k8(o1[q & 63], t1, s0, b * R * T); macs = (double) blocks * panels * R * 4 * 4 * 32; }
case 9 -> { for (int x = 0; x < 1; x++) k9(o2[q & 63], t2, s0, b * R * T); macs = (double) blocks * panels * R * 4 * 8 * 32; }
case 10 -> { for (int x = 0; x < 1; x++) k10(o2[q & 63], t2, s0, b * R * T); macs = (double) blocks * panels * R * 4 * 8 * 32; }
}
                    }
                    best = Math.min(best, System.nanoTime() - t);
                }
                line.append(String.format("%s %.0f | ", names[v], macs / best));
            }
            if (print) System.out.println(line);
        }}
    }
}
