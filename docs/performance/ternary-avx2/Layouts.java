import java.lang.foreign.*;
import java.lang.invoke.*;
import java.nio.ByteOrder;
import java.util.*;
import java.util.concurrent.*;
import jdk.incubator.vector.*;

/** Decode by nibble shuffles: variants, from cache and from memory. */
public class Layouts {
    static final VectorSpecies<Short> S = ShortVector.SPECIES_256;
    static final VectorSpecies<Byte> B = ByteVector.SPECIES_128;
    static final VectorSpecies<Long> L = LongVector.SPECIES_256;
    static final ByteOrder LE = ByteOrder.LITTLE_ENDIAN;
    static MemorySegment alloc(long bytes) throws Throwable {
        Linker l = Linker.nativeLinker();
        var mmap = l.downcallHandle(l.defaultLookup().find("mmap").get(), FunctionDescriptor.of(ValueLayout.ADDRESS, ValueLayout.ADDRESS, ValueLayout.JAVA_LONG, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_LONG));
        var madv = l.downcallHandle(l.defaultLookup().find("madvise").get(), FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_LONG, ValueLayout.JAVA_INT));
        long whole = bytes + (2 << 20);
        MemorySegment m = ((MemorySegment) mmap.invokeExact(MemorySegment.NULL, whole, 3, 0x4022, -1, 0L)).reinterpret(whole);
        long a = (m.address() + (2 << 20) - 1) / (2 << 20) * (2 << 20);
        MemorySegment r = m.asSlice(a - m.address(), bytes);
        int x = (int) madv.invokeExact(r, bytes, 14);
        Random rnd = new Random(1); byte[] some = new byte[1 << 16];
        for (int i = 0; i < some.length; i++) { int b = 0; for (int d = 0; d < 4; d++) { int y = rnd.nextInt(3); if (y == 1) b |= 1 << d; if (y == 2) b |= 16 << d; } some[i] = (byte) b; }
        for (long o = 0; o < bytes; o += some.length) MemorySegment.copy(some, 0, r, ValueLayout.JAVA_BYTE, o, some.length);
        return r;
    }

    /** as in the repository: two vectors 16 bytes apart, groups `step` apart. */
    static void k0(MemorySegment w, long at, int groups, byte[] tables, int table, short[] sums, int to) {
        ShortVector s0 = ShortVector.zero(S), s1 = s0;
        ByteVector low0 = ByteVector.zero(B), high0 = low0, low1 = low0, high1 = low0;
        for (int g = 0; g < groups; g++) {
            ByteVector low = ByteVector.fromArray(B, tables, table + g * 32);
            ByteVector high = ByteVector.fromArray(B, tables, table + g * 32 + 16);
            ByteVector p0 = ByteVector.fromMemorySegment(B, w, at + g * 64L, LE);
            ByteVector m0 = p0.reinterpretAsShorts().lanewise(VectorOperators.LSHR, 4).reinterpretAsBytes();
            low0 = low0.add(p0.selectFrom(low)).sub(m0.selectFrom(low));
            high0 = high0.add(p0.selectFrom(high)).sub(m0.selectFrom(high));
            ByteVector p1 = ByteVector.fromMemorySegment(B, w, at + g * 64L + 16, LE);
            ByteVector m1 = p1.reinterpretAsShorts().lanewise(VectorOperators.LSHR, 4).reinterpretAsBytes();
            low1 = low1.add(p1.selectFrom(low)).sub(m1.selectFrom(low));
            high1 = high1.add(p1.selectFrom(high)).sub(m1.selectFrom(high));
            if ((g & 3) == 3) {
                s0 = s0.add(low0.convertShape(VectorOperators.B2S, S, 0)).add(high0.convertShape(VectorOperators.B2S, S, 0).reinterpretAsShorts().lanewise(VectorOperators.LSHL, 5));
                s1 = s1.add(low1.convertShape(VectorOperators.B2S, S, 0)).add(high1.convertShape(VectorOperators.B2S, S, 0).reinterpretAsShorts().lanewise(VectorOperators.LSHL, 5));
                low0 = ByteVector.zero(B); high0 = low0; low1 = low0; high1 = low0;
            }
        }
        s0.intoArray(sums, to);
        s1.intoArray(sums, to + 16);
    }
    /** high parts summed apart; two streams of 16 rows. */
    static void k1(MemorySegment w, long at0, long at1, int step, int groups, byte[] tables, int table, short[] sums, int to) {
        ShortVector s0 = ShortVector.zero(S), s1 = s0, h0 = s0, h1 = s0;
        ByteVector low0 = ByteVector.zero(B), high0 = low0, low1 = low0, high1 = low0;
        for (int g = 0; g < groups; g++) {
            ByteVector low = ByteVector.fromArray(B, tables, table + g * 32);
            ByteVector high = ByteVector.fromArray(B, tables, table + g * 32 + 16);
            ByteVector p0 = ByteVector.fromMemorySegment(B, w, at0 + (long) g * step, LE);
            ByteVector m0 = p0.reinterpretAsShorts().lanewise(VectorOperators.LSHR, 4).reinterpretAsBytes();
            low0 = low0.add(p0.selectFrom(low)).sub(m0.selectFrom(low));
            high0 = high0.add(p0.selectFrom(high)).sub(m0.selectFrom(high));
            ByteVector p1 = ByteVector.fromMemorySegment(B, w, at1 + (long) g * step, LE);
            ByteVector m1 = p1.reinterpretAsShorts().lanewise(VectorOperators.LSHR, 4).reinterpretAsBytes();
            low1 = low1.add(p1.selectFrom(low)).sub(m1.selectFrom(low));
            high1 = high1.add(p1.selectFrom(high)).sub(m1.selectFrom(high));
            if ((g & 3) == 3) {
                s0 = s0.add(low0.convertShape(VectorOperators.B2S, S, 0));
                h0 = h0.add(high0.convertShape(VectorOperators.B2S, S, 0));
                s1 = s1.add(low1.convertShape(VectorOperators.B2S, S, 0));
                h1 = h1.add(high1.convertShape(VectorOperators.B2S, S, 0));
                low0 = ByteVector.zero(B); high0 = low0; low1 = low0; high1 = low0;
            }
        }
        s0.add(h0.lanewise(VectorOperators.LSHL, 5)).intoArray(sums, to);
        s1.add(h1.lanewise(VectorOperators.LSHL, 5)).intoArray(sums, to + 16);
    }
    /** as k1, the pair of plus and minus combined before adding to the accumulators (shorter chains). */
    static void k2(MemorySegment w, long at0, long at1, int step, int groups, byte[] tables, int table, short[] sums, int to) {
        ShortVector s0 = ShortVector.zero(S), s1 = s0, h0 = s0, h1 = s0;
        ByteVector low0 = ByteVector.zero(B), high0 = low0, low1 = low0, high1 = low0;
        for (int g = 0; g < groups; g++) {
            ByteVector low = ByteVector.fromArray(B, tables, table + g * 32);
            ByteVector high = ByteVector.fromArray(B, tables, table + g * 32 + 16);
            ByteVector p0 = ByteVector.fromMemorySegment(B, w, at0 + (long) g * step, LE);
            ByteVector m0 = p0.reinterpretAsShorts().lanewise(VectorOperators.LSHR, 4).reinterpretAsBytes();
            low0 = low0.add(p0.selectFrom(low).sub(m0.selectFrom(low)));
            high0 = high0.add(p0.selectFrom(high).sub(m0.selectFrom(high)));
            ByteVector p1 = ByteVector.fromMemorySegment(B, w, at1 + (long) g * step, LE);
            ByteVector m1 = p1.reinterpretAsShorts().lanewise(VectorOperators.LSHR, 4).reinterpretAsBytes();
            low1 = low1.add(p1.selectFrom(low).sub(m1.selectFrom(low)));
            high1 = high1.add(p1.selectFrom(high).sub(m1.selectFrom(high)));
            if ((g & 3) == 3) {
                s0 = s0.add(low0.convertShape(VectorOperators.B2S, S, 0));
                h0 = h0.add(high0.convertShape(VectorOperators.B2S, S, 0));
                s1 = s1.add(low1.convertShape(VectorOperators.B2S, S, 0));
                h1 = h1.add(high1.convertShape(VectorOperators.B2S, S, 0));
                low0 = ByteVector.zero(B); high0 = low0; low1 = low0; high1 = low0;
            }
        }
        s0.add(h0.lanewise(VectorOperators.LSHL, 5)).intoArray(sums, to);
        s1.add(h1.lanewise(VectorOperators.LSHL, 5)).intoArray(sums, to + 16);
    }
    static volatile long sink;
    static void read(MemorySegment m, long from, long to) {
        LongVector a = LongVector.zero(L), b = a, c = a, d = a;
        long q = (to - from) / 4;
        for (long o = from; o < from + q; o += 32) {
            a = a.add(LongVector.fromMemorySegment(L, m, o, LE)); b = b.add(LongVector.fromMemorySegment(L, m, o + q, LE));
            c = c.add(LongVector.fromMemorySegment(L, m, o + 2 * q, LE)); d = d.add(LongVector.fromMemorySegment(L, m, o + 3 * q, LE));
        }
        sink = a.add(b).add(c).add(d).lane(0);
    }
    static final int GROUPS = 512, CH = 64;
    /** `bytes` of weights at `from`: rows = bytes / GROUPS; blocks of 64 rows. */
    static void part(int v, MemorySegment w, long from, long bytes, byte[] tables, short[] sums) {
        int blocks = (int) (bytes / (64L * GROUPS));
        switch (v) {
            case 0 -> read(w, from, from + bytes);
            case 1 -> { // repository
                for (int b = 0; b < blocks; b++) for (int c = 0; c < GROUPS; c += CH) {
                    long at = from + (b * (long) GROUPS + c) * 64;
                    k0(w, at, CH, tables, c * 32, sums, 0); k0(w, at + 32, CH, tables, c * 32, sums, 32);
                }
            }
            case 2, 3, 4, 5 -> { // (chunk, stream, block, group, 16 rows)
                long stream = (long) blocks * CH * 16;
                for (int c = 0; c < GROUPS / CH; c++) for (int b = 0; b < blocks; b++) {
                    long at = from + c * 4 * stream + (long) b * CH * 16;
                    switch (v) {
                        case 2 -> { k1(w, at, at + stream, 16, CH, tables, c * CH * 32, sums, 0); k1(w, at + 2 * stream, at + 3 * stream, 16, CH, tables, c * CH * 32, sums, 32); }
                        case 3 -> { k2(w, at, at + stream, 16, CH, tables, c * CH * 32, sums, 0); k2(w, at + 2 * stream, at + 3 * stream, 16, CH, tables, c * CH * 32, sums, 32); }
                        // two streams of 32 rows
                        case 4 -> { long a2 = from + c * 4 * stream + (long) b * CH * 32; k2(w, a2, a2 + 16, 32, CH, tables, c * CH * 32, sums, 0); k2(w, a2 + 2 * stream, a2 + 16 + 2 * stream, 32, CH, tables, c * CH * 32, sums, 32); }
                        // one stream
                        case 5 -> { long a2 = from + c * 4 * stream + (long) b * CH * 64; k2(w, a2, a2 + 16, 32, CH, tables, c * CH * 32, sums, 0); k2(w, a2 + CH * 32, a2 + 16 + CH * 32, 32, CH, tables, c * CH * 32, sums, 32); }
                    }
                }
            }
        }
    }
    static final String[] NAMES = {"read", "k0 repository", "k1 4 streams", "k2 4 streams", "k2 2x32 streams", "k2 1 stream"};
    public static void main(String[] a) throws Throwable {
        int threads = Integer.parseInt(a[0]); 
        int matrices = 64; long mb = 2 << 20; // 4096 x 2048
        MemorySegment w = alloc(matrices * mb);
        byte[][] tables = new byte[threads][GROUPS * 32]; new Random(3).nextBytes(tables[0]); for (int t = 1; t < threads; t++) tables[t] = tables[0].clone();
        CyclicBarrier bar = new CyclicBarrier(threads);
        double[][][] res = new double[2][NAMES.length][];
        List<Thread> ts = new ArrayList<>();
        for (int t = 0; t < threads; t++) { int me = t; Thread th = new Thread(() -> { try {
            short[] sums = new short[64];
            for (int rep = 0; rep < 14; rep++) for (int mode = 0; mode < 2; mode++) for (int v = 0; v < NAMES.length; v++) {
                bar.await();
                long t0 = System.nanoTime();
                for (int m = 0; m < matrices; m++) { // each thread its half of each matrix; mode 0: the first only, over and over
                    long from = (mode == 0 ? 0 : m * mb) + me * (mb / threads);
                    long bytes = mb / threads;
                    if (mode == 0) { bytes = 256 << 10; from = me * bytes; }
                    part(v, w, from, bytes, tables[me], sums);
                }
                bar.await();
                long t1 = System.nanoTime();
                double total = mode == 0 ? matrices * (double) (256 << 10) * threads : matrices * (double) mb;
                if (me == 0) { if (res[mode][v] == null) res[mode][v] = new double[14]; res[mode][v][rep] = total / (t1 - t0); }
            } } catch (Exception e) { throw new RuntimeException(e); } }); th.start(); ts.add(th); }
        for (Thread th : ts) th.join();
        for (int mode = 0; mode < 2; mode++) for (int v = 0; v < NAMES.length; v++) {
            double[] r = Arrays.copyOfRange(res[mode][v], 4, 14); Arrays.sort(r);
            System.out.printf("%s %-18s median %.1f GB/s (%.1f to %.1f), %.0f w/ns%n", mode == 0 ? "cache " : "memory", NAMES[v], r[5], r[0], r[9], r[5] * 4);
        }
    }
}
