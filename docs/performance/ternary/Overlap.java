import java.lang.foreign.*;
import java.lang.invoke.*;
import java.nio.ByteOrder;
import java.util.*;
import java.util.concurrent.*;
import jdk.incubator.vector.*;

public class Overlap {
    static final VectorSpecies<Short> S = ShortVector.SPECIES_512;
    static final VectorSpecies<Integer> I = IntVector.SPECIES_512;
    static final VectorSpecies<Long> L = LongVector.SPECIES_512;
    static final ByteOrder LE = ByteOrder.LITTLE_ENDIAN;
    static final int ROWS = 128, WORDS = 28;

    static MemorySegment map(long bytes, boolean huge) throws Throwable {
        Linker l = Linker.nativeLinker();
        var mmap = l.downcallHandle(l.defaultLookup().find("mmap").get(), FunctionDescriptor.of(ValueLayout.ADDRESS, ValueLayout.ADDRESS, ValueLayout.JAVA_LONG, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_LONG));
        var madv = l.downcallHandle(l.defaultLookup().find("madvise").get(), FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_LONG, ValueLayout.JAVA_INT));
        long whole = bytes + (2 << 20);
        MemorySegment m = ((MemorySegment) mmap.invokeExact(MemorySegment.NULL, whole, 3, 0x4022, -1, 0L)).reinterpret(whole);
        long a = (m.address() + (2 << 20) - 1) / (2 << 20) * (2 << 20);
        MemorySegment r = m.asSlice(a - m.address(), bytes);
        int x = (int) madv.invokeExact(r, bytes, huge ? 14 : 15);
        return r;
    }

    // read
    static long read(MemorySegment m, long from, long to) {
        LongVector a = LongVector.zero(L), b = a, c = a, d = a;
        for (long o = from; o < to; o += 256) {
            a = a.add(LongVector.fromMemorySegment(L, m, o, LE));
            b = b.add(LongVector.fromMemorySegment(L, m, o + 64, LE));
            c = c.add(LongVector.fromMemorySegment(L, m, o + 128, LE));
            d = d.add(LongVector.fromMemorySegment(L, m, o + 192, LE));
        }
        return a.add(b).add(c.add(d)).reduceLanes(VectorOperators.ADD);
    }

    static ShortVector lookUp(ShortVector w, ShortVector a, ShortVector b, ShortVector c) {
        return w.selectFrom(a).add(w.lanewise(VectorOperators.LSHR, 5).selectFrom(b)).add(w.lanewise(VectorOperators.LSHR, 10).selectFrom(c));
    }
    static ShortVector ld(short[] t, int i) { return ShortVector.fromArray(S, t, i); }
    static ShortVector ld(MemorySegment m, long o) { return ShortVector.fromMemorySegment(S, m, o, LE); }

    // one block of 128 rows x count words
    static void sum4(MemorySegment m, long at, int count, short[] tables, int t, short[] sums) {
        ShortVector s0 = ShortVector.zero(S), s1 = s0, s2 = s0, s3 = s0;
        for (int i = 0; i < count; i++) {
            ShortVector a = ld(tables, t), b = ld(tables, t + 32), c = ld(tables, t + 64);
            s0 = s0.add(lookUp(ld(m, at), a, b, c));
            s1 = s1.add(lookUp(ld(m, at + 64), a, b, c));
            s2 = s2.add(lookUp(ld(m, at + 128), a, b, c));
            s3 = s3.add(lookUp(ld(m, at + 192), a, b, c));
            at += 256; t += 96;
        }
        s0.intoArray(sums, 0); s1.intoArray(sums, 32); s2.intoArray(sums, 64); s3.intoArray(sums, 96);
    }
    // the same with 4 streams, each `stride` bytes apart, [stream][word][32]
    static void sum4s(MemorySegment m, long at, long stride, int count, short[] tables, int t, short[] sums) {
        ShortVector s0 = ShortVector.zero(S), s1 = s0, s2 = s0, s3 = s0;
        long a1 = at + stride, a2 = at + 2 * stride, a3 = at + 3 * stride;
        for (int i = 0; i < count; i++) {
            ShortVector a = ld(tables, t), b = ld(tables, t + 32), c = ld(tables, t + 64);
            s0 = s0.add(lookUp(ld(m, at), a, b, c));
            s1 = s1.add(lookUp(ld(m, a1), a, b, c));
            s2 = s2.add(lookUp(ld(m, a2), a, b, c));
            s3 = s3.add(lookUp(ld(m, a3), a, b, c));
            at += 64; a1 += 64; a2 += 64; a3 += 64; t += 96;
        }
        s0.intoArray(sums, 0); s1.intoArray(sums, 32); s2.intoArray(sums, 64); s3.intoArray(sums, 96);
    }
    static void sum4st(MemorySegment m, long at, long stride, long ahead, int count, short[] tables, int t, short[] sums) {
        ShortVector s0 = ShortVector.zero(S), s1 = s0, s2 = s0, s3 = s0;
        long a1 = at + stride, a2 = at + 2 * stride, a3 = at + 3 * stride;
        long x = 0;
        for (int i = 0; i < count; i++) {
            ShortVector a = ld(tables, t), b = ld(tables, t + 32), c = ld(tables, t + 64);
            x += m.get(ValueLayout.JAVA_LONG, at + ahead) + m.get(ValueLayout.JAVA_LONG, a1 + ahead) + m.get(ValueLayout.JAVA_LONG, a2 + ahead) + m.get(ValueLayout.JAVA_LONG, a3 + ahead);
            s0 = s0.add(lookUp(ld(m, at), a, b, c));
            s1 = s1.add(lookUp(ld(m, a1), a, b, c));
            s2 = s2.add(lookUp(ld(m, a2), a, b, c));
            s3 = s3.add(lookUp(ld(m, a3), a, b, c));
            at += 64; a1 += 64; a2 += 64; a3 += 64; t += 96;
        }
        s0.intoArray(sums, 0); s1.intoArray(sums, 32); s2.intoArray(sums, 64); s3.intoArray(sums, 96);
        if (x == 42) System.out.print("");
    }
    static void sum2s(MemorySegment m, long at, long stride, int count, short[] tables, int t, short[] sums) {
        ShortVector s0 = ShortVector.zero(S), s1 = s0, s2 = s0, s3 = s0;
        long a2 = at + stride;
        for (int i = 0; i < count; i++) {
            ShortVector a = ld(tables, t), b = ld(tables, t + 32), c = ld(tables, t + 64);
            s0 = s0.add(lookUp(ld(m, at), a, b, c));
            s1 = s1.add(lookUp(ld(m, at + 64), a, b, c));
            s2 = s2.add(lookUp(ld(m, a2), a, b, c));
            s3 = s3.add(lookUp(ld(m, a2 + 64), a, b, c));
            at += 128; a2 += 128; t += 96;
        }
        s0.intoArray(sums, 0); s1.intoArray(sums, 32); s2.intoArray(sums, 64); s3.intoArray(sums, 96);
    }
    static void sum2st(MemorySegment m, long at, long stride, long ahead, int count, short[] tables, int t, short[] sums) {
        ShortVector s0 = ShortVector.zero(S), s1 = s0, s2 = s0, s3 = s0;
        long a2 = at + stride;
        long x = 0;
        for (int i = 0; i < count; i++) {
            ShortVector a = ld(tables, t), b = ld(tables, t + 32), c = ld(tables, t + 64);
            x += m.get(ValueLayout.JAVA_LONG, at + ahead) + m.get(ValueLayout.JAVA_LONG, at + 64 + ahead) + m.get(ValueLayout.JAVA_LONG, a2 + ahead) + m.get(ValueLayout.JAVA_LONG, a2 + 64 + ahead);
            s0 = s0.add(lookUp(ld(m, at), a, b, c));
            s1 = s1.add(lookUp(ld(m, at + 64), a, b, c));
            s2 = s2.add(lookUp(ld(m, a2), a, b, c));
            s3 = s3.add(lookUp(ld(m, a2 + 64), a, b, c));
            at += 128; a2 += 128; t += 96;
        }
        s0.intoArray(sums, 0); s1.intoArray(sums, 32); s2.intoArray(sums, 64); s3.intoArray(sums, 96);
        if (x == 42) System.out.print("");
    }
    // touching ahead
    static void sum4t(MemorySegment m, long at, long ahead, int count, short[] tables, int t, short[] sums) {
        ShortVector s0 = ShortVector.zero(S), s1 = s0, s2 = s0, s3 = s0;
        long x = 0;
        for (int i = 0; i < count; i++) {
            ShortVector a = ld(tables, t), b = ld(tables, t + 32), c = ld(tables, t + 64);
            x += m.get(ValueLayout.JAVA_LONG, at + ahead) + m.get(ValueLayout.JAVA_LONG, at + ahead + 64) + m.get(ValueLayout.JAVA_LONG, at + ahead + 128) + m.get(ValueLayout.JAVA_LONG, at + ahead + 192);
            s0 = s0.add(lookUp(ld(m, at), a, b, c));
            s1 = s1.add(lookUp(ld(m, at + 64), a, b, c));
            s2 = s2.add(lookUp(ld(m, at + 128), a, b, c));
            s3 = s3.add(lookUp(ld(m, at + 192), a, b, c));
            at += 256; t += 96;
        }
        s0.intoArray(sums, 0); s1.intoArray(sums, 32); s2.intoArray(sums, 64); s3.intoArray(sums, 96);
        if (x == 42) System.out.print("");
    }
    static final VectorSpecies<Short> H = ShortVector.SPECIES_256;
    static void widen(short[] sums, int[] totals, int at) {
        for (int i = 0; i < 128; i += 16) {
            IntVector s = (IntVector) ShortVector.fromArray(H, sums, i).convertShape(VectorOperators.S2I, I, 0);
            s.add(IntVector.fromArray(I, totals, at + i)).intoArray(totals, at + i);
        }
    }

    static final int MROWS = 13824, K = 2560, ROWWORDS = 285; // 284.4 -> pad
    static final int CHUNKS = (ROWWORDS + WORDS - 1) / WORDS; // 11
    static final int BLOCKS = MROWS / ROWS; // 108
    static final long BLOCKB = (long) WORDS * 256;
    static final long MATRIX = CHUNKS * BLOCKS * BLOCKB;

    enum Mode { READ, PLAIN, STREAMS, TOUCH512, TOUCH1K, TOUCH2K, TOUCH4K, ST512, ST1K, ST2K, TWO, TWOT }

    static long run(Mode mode, MemorySegment m, int matrices, int member, int members, short[] tables, int[] totals, short[] sums) {
        long x = 0;
        int from = BLOCKS * member / members, to = BLOCKS * (member + 1) / members;
        for (int l = 0; l < matrices; l++) {
            long base = l * MATRIX;
            for (int c = 0; c < CHUNKS; c++) {
                long cb = base + c * BLOCKS * BLOCKB;
                int t = c * WORDS * 96;
                switch (mode) {
                    case READ -> x += read(m, cb + from * BLOCKB, cb + to * BLOCKB);
                    case PLAIN -> { for (int b = from; b < to; b++) { sum4(m, cb + b * BLOCKB, WORDS, tables, t, sums); widen(sums, totals, b * ROWS); } }
                    case STREAMS -> { long q = BLOCKB / 4, st = (to - from) * q; for (int b = from; b < to; b++) { sum4s(m, cb + from * BLOCKB + (b - from) * q, st, WORDS, tables, t, sums); widen(sums, totals, b * ROWS); } }
                    case ST512, ST1K, ST2K -> { long ahead = mode == Mode.ST512 ? 512 : mode == Mode.ST1K ? 1024 : 2048; long q = BLOCKB / 4, st = (to - from) * q; for (int b = from; b < to; b++) { sum4st(m, cb + from * BLOCKB + (b - from) * q, st, ahead, WORDS, tables, t, sums); widen(sums, totals, b * ROWS); } }
                    case TWO -> { long q = BLOCKB / 2, st = (to - from) * q; for (int b = from; b < to; b++) { sum2s(m, cb + from * BLOCKB + (b - from) * q, st, WORDS, tables, t, sums); widen(sums, totals, b * ROWS); } }
                    case TWOT -> { long q = BLOCKB / 2, st = (to - from) * q; for (int b = from; b < to; b++) { sum2st(m, cb + from * BLOCKB + (b - from) * q, st, 1024, WORDS, tables, t, sums); widen(sums, totals, b * ROWS); } }
                    case TOUCH512, TOUCH1K, TOUCH2K, TOUCH4K -> { long ahead = mode == Mode.TOUCH512 ? 512 : mode == Mode.TOUCH1K ? 1024 : mode == Mode.TOUCH2K ? 2048 : 4096; for (int b = from; b < to; b++) { sum4t(m, cb + b * BLOCKB, ahead, WORDS, tables, t, sums); widen(sums, totals, b * ROWS); } }
                }
            }
        }
        return x + totals[from];
    }

    public static void main(String[] a) throws Throwable {
        boolean huge = !a[0].equals("4k");
        int members = Integer.parseInt(a[1]);
        int matrices = 64; // 64 * 8.5MB = 545 MB
        MemorySegment m = map(matrices * MATRIX + 8192, huge);
        Random r = new Random(1);
        for (long o = 0; o < m.byteSize() - 8; o += 8) m.set(ValueLayout.JAVA_LONG_UNALIGNED, o, r.nextLong());
        short[] tables = new short[CHUNKS * WORDS * 96];
        for (int i = 0; i < tables.length; i++) tables[i] = (short) (r.nextInt(763) - 381);
        ExecutorService ex = Executors.newFixedThreadPool(members);
        Map<String, List<Double>> t = new LinkedHashMap<>();
        long bytes = matrices * MATRIX; double rd = 1; Map<String, List<Double>> ratios = new HashMap<>();
        for (int rep = 0; rep < 27; rep++) {
            for (Mode mode : Mode.values()) {
                long s = System.nanoTime();
                List<Future<?>> f = new ArrayList<>();
                for (int k = 0; k < members; k++) { int kk = k; f.add(ex.submit(() -> run(mode, m, matrices, kk, members, tables, new int[MROWS], new short[128]))); }
                for (var q : f) q.get();
                double ns = System.nanoTime() - s;
                if (rep > 1) { t.computeIfAbsent(mode + " dram", z -> new ArrayList<>()).add(bytes / ns); if (mode == Mode.READ) rd = bytes / ns; ratios.computeIfAbsent(mode + " dram", z -> new ArrayList<>()).add(bytes / ns / rd); }
            }
        }
        for (var e : t.entrySet()) { var v = e.getValue(); Collections.sort(v); var w = t.get("READ dram"); List<Double> ra = ratios.get(e.getKey()); Collections.sort(ra); System.out.printf("ratio %.2f (%.2f-%.2f) ", ra.get(ra.size()/2), ra.get(ra.size()/4), ra.get(ra.size()*3/4)); System.out.printf("%s pages, %d threads, %-16s %.1f GB/s median (%.1f-%.1f) = %.0f w/ns%n", a[0], members, e.getKey(), v.get(v.size() / 2), v.get(0), v.get(v.size() - 1), v.get(v.size() / 2) * 4.5); }
        ex.shutdown();
    }
}
