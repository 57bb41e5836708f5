import java.lang.foreign.*;
import java.nio.ByteOrder;
import java.util.*;
import java.util.concurrent.*;
import jdk.incubator.vector.*;

public class Head {
    static final VectorSpecies<Float> F = FloatVector.SPECIES_512;
    static final VectorSpecies<Integer> I = IntVector.SPECIES_512;
    static final VectorSpecies<Long> L = LongVector.SPECIES_512;
    static final VectorSpecies<Byte> B16 = ByteVector.SPECIES_128;
    static final ByteOrder LE = ByteOrder.LITTLE_ENDIAN;
    static final int K = 2560;

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
    static long read4(MemorySegment m, long from, long to) {
        LongVector a = LongVector.zero(L), b = a, c = a, d = a;
        long q = (to - from) / 4;
        for (long o = from; o < from + q; o += 64) {
            a = a.add(LongVector.fromMemorySegment(L, m, o, LE));
            b = b.add(LongVector.fromMemorySegment(L, m, o + q, LE));
            c = c.add(LongVector.fromMemorySegment(L, m, o + 2 * q, LE));
            d = d.add(LongVector.fromMemorySegment(L, m, o + 3 * q, LE));
        }
        return a.add(b).add(c.add(d)).reduceLanes(VectorOperators.ADD);
    }
    static long read1(MemorySegment m, long from, long to) {
        LongVector a = LongVector.zero(L), b = a, c = a, d = a;
        for (long o = from; o < to; o += 256) {
            a = a.add(LongVector.fromMemorySegment(L, m, o, LE));
            b = b.add(LongVector.fromMemorySegment(L, m, o + 64, LE));
            c = c.add(LongVector.fromMemorySegment(L, m, o + 128, LE));
            d = d.add(LongVector.fromMemorySegment(L, m, o + 192, LE));
        }
        return a.add(b).add(c.add(d)).reduceLanes(VectorOperators.ADD);
    }
    // current
    static void cur(MemorySegment memory, long at, int elements, int[] digits, float[] out, int to) {
        FloatVector a = FloatVector.zero(F), b = a, c = a, d = a;
        for (int k = 0; k < elements; k += 2) {
            long row = at + (long) 32 * k;
            FloatVector x = IntVector.broadcast(I, digits[k]).reinterpretAsFloats();
            a = ByteVector.fromMemorySegment(B16, memory, row, LE).convertShape(VectorOperators.B2F, F, 0).reinterpretAsFloats().fma(x, a);
            b = ByteVector.fromMemorySegment(B16, memory, row + 16, LE).convertShape(VectorOperators.B2F, F, 0).reinterpretAsFloats().fma(x, b);
            FloatVector y = IntVector.broadcast(I, digits[k + 1]).reinterpretAsFloats();
            c = ByteVector.fromMemorySegment(B16, memory, row + 32, LE).convertShape(VectorOperators.B2F, F, 0).reinterpretAsFloats().fma(y, c);
            d = ByteVector.fromMemorySegment(B16, memory, row + 48, LE).convertShape(VectorOperators.B2F, F, 0).reinterpretAsFloats().fma(y, d);
        }
        a.add(c).intoArray(out, to);
        b.add(d).intoArray(out, to + 16);
    }
    static void part(MemorySegment memory, long at, int from, int elements, int[] digits, float[] out, int to) {
        FloatVector a = FloatVector.fromArray(F, out, to), b = FloatVector.fromArray(F, out, to + 16), c = FloatVector.zero(F), d = c;
        for (int k = from; k < elements; k += 2) {
            long row = at + (long) 32 * k;
            FloatVector x = IntVector.broadcast(I, digits[k]).reinterpretAsFloats();
            a = ByteVector.fromMemorySegment(B16, memory, row, LE).convertShape(VectorOperators.B2F, F, 0).reinterpretAsFloats().fma(x, a);
            b = ByteVector.fromMemorySegment(B16, memory, row + 16, LE).convertShape(VectorOperators.B2F, F, 0).reinterpretAsFloats().fma(x, b);
            FloatVector y = IntVector.broadcast(I, digits[k + 1]).reinterpretAsFloats();
            c = ByteVector.fromMemorySegment(B16, memory, row + 32, LE).convertShape(VectorOperators.B2F, F, 0).reinterpretAsFloats().fma(y, c);
            d = ByteVector.fromMemorySegment(B16, memory, row + 48, LE).convertShape(VectorOperators.B2F, F, 0).reinterpretAsFloats().fma(y, d);
        }
        a.add(c).intoArray(out, to);
        b.add(d).intoArray(out, to + 16);
    }
    static void parts(MemorySegment m, long base, int from, int to, int streams, int chunk, int[] x, float[] out) {
        int n = (to - from) / 32 / streams; long s = (long) n * 32 * K;
        for (int g = 0; g < n; g++) {
            for (int i = 0; i < streams; i++) Arrays.fill(out, from + 32 * (g + i * n), from + 32 * (g + i * n) + 32, 0f);
            for (int k = 0; k < K; k += chunk)
                for (int i = 0; i < streams; i++) part(m, base + (long) g * 32 * K + i * s, k, Math.min(k + chunk, K), x, out, from + 32 * (g + i * n));
        }
    }
    // eight accumulators: four streams of [k][32]
    static void four32(MemorySegment memory, long at, long s, int elements, int[] digits, float[] out, int to) {
        FloatVector a = FloatVector.zero(F), b = a, c = a, d = a, e = a, f = a, g = a, h = a;
        long p = at, q = at + s, r = q + s, t = r + s;
        for (int k = 0; k < elements; k++) {
            FloatVector x = IntVector.broadcast(I, digits[k]).reinterpretAsFloats();
            a = ByteVector.fromMemorySegment(B16, memory, p, LE).convertShape(VectorOperators.B2F, F, 0).reinterpretAsFloats().fma(x, a);
            b = ByteVector.fromMemorySegment(B16, memory, p + 16, LE).convertShape(VectorOperators.B2F, F, 0).reinterpretAsFloats().fma(x, b);
            c = ByteVector.fromMemorySegment(B16, memory, q, LE).convertShape(VectorOperators.B2F, F, 0).reinterpretAsFloats().fma(x, c);
            d = ByteVector.fromMemorySegment(B16, memory, q + 16, LE).convertShape(VectorOperators.B2F, F, 0).reinterpretAsFloats().fma(x, d);
            e = ByteVector.fromMemorySegment(B16, memory, r, LE).convertShape(VectorOperators.B2F, F, 0).reinterpretAsFloats().fma(x, e);
            f = ByteVector.fromMemorySegment(B16, memory, r + 16, LE).convertShape(VectorOperators.B2F, F, 0).reinterpretAsFloats().fma(x, f);
            g = ByteVector.fromMemorySegment(B16, memory, t, LE).convertShape(VectorOperators.B2F, F, 0).reinterpretAsFloats().fma(x, g);
            h = ByteVector.fromMemorySegment(B16, memory, t + 16, LE).convertShape(VectorOperators.B2F, F, 0).reinterpretAsFloats().fma(x, h);
            p += 32; q += 32; r += 32; t += 32;
        }
        a.add(e).intoArray(out, to); b.add(f).intoArray(out, to + 16); c.add(g).intoArray(out, to + 32); d.add(h).intoArray(out, to + 48);
    }
    // four streams of [k][16]: two columns a turn
    static void four(MemorySegment memory, long at, long s, int elements, int[] digits, float[] out, int to) {
        FloatVector a = FloatVector.zero(F), b = a, c = a, d = a, e = a, f = a, g = a, h = a;
        long p = at, q = at + s, r = q + s, t = r + s;
        for (int k = 0; k < elements; k += 2) {
            FloatVector x = IntVector.broadcast(I, digits[k]).reinterpretAsFloats();
            a = ByteVector.fromMemorySegment(B16, memory, p, LE).convertShape(VectorOperators.B2F, F, 0).reinterpretAsFloats().fma(x, a);
            b = ByteVector.fromMemorySegment(B16, memory, q, LE).convertShape(VectorOperators.B2F, F, 0).reinterpretAsFloats().fma(x, b);
            c = ByteVector.fromMemorySegment(B16, memory, r, LE).convertShape(VectorOperators.B2F, F, 0).reinterpretAsFloats().fma(x, c);
            d = ByteVector.fromMemorySegment(B16, memory, t, LE).convertShape(VectorOperators.B2F, F, 0).reinterpretAsFloats().fma(x, d);
            x = IntVector.broadcast(I, digits[k + 1]).reinterpretAsFloats();
            e = ByteVector.fromMemorySegment(B16, memory, p + 16, LE).convertShape(VectorOperators.B2F, F, 0).reinterpretAsFloats().fma(x, e);
            f = ByteVector.fromMemorySegment(B16, memory, q + 16, LE).convertShape(VectorOperators.B2F, F, 0).reinterpretAsFloats().fma(x, f);
            g = ByteVector.fromMemorySegment(B16, memory, r + 16, LE).convertShape(VectorOperators.B2F, F, 0).reinterpretAsFloats().fma(x, g);
            h = ByteVector.fromMemorySegment(B16, memory, t + 16, LE).convertShape(VectorOperators.B2F, F, 0).reinterpretAsFloats().fma(x, h);
            p += 32; q += 32; r += 32; t += 32;
        }
        a.add(e).intoArray(out, to); b.add(f).intoArray(out, to + 16); c.add(g).intoArray(out, to + 32); d.add(h).intoArray(out, to + 48);
    }
    // words: lane = row, four columns in signed digits; two vectors of 16 rows, from two streams
    static void word2(MemorySegment memory, long at, long s, int words, int[] y, float[] out, int to) {
        FloatVector a = FloatVector.zero(F), b = a, c = a, d = a;
        long p = at, q = at + s;
        for (int j = 0; j < words; j++) {
            IntVector v = IntVector.fromMemorySegment(I, memory, p, LE);
            IntVector w = IntVector.fromMemorySegment(I, memory, q, LE);
            FloatVector x = IntVector.broadcast(I, y[4 * j]).reinterpretAsFloats();
            a = ((FloatVector) v.convert(VectorOperators.I2F, 0)).fma(x, a);
            b = ((FloatVector) w.convert(VectorOperators.I2F, 0)).fma(x, b);
            x = IntVector.broadcast(I, y[4 * j + 1]).reinterpretAsFloats();
            c = ((FloatVector) v.lanewise(VectorOperators.LSHL, 8).convert(VectorOperators.I2F, 0)).fma(x, c);
            d = ((FloatVector) w.lanewise(VectorOperators.LSHL, 8).convert(VectorOperators.I2F, 0)).fma(x, d);
            x = IntVector.broadcast(I, y[4 * j + 2]).reinterpretAsFloats();
            a = ((FloatVector) v.lanewise(VectorOperators.LSHL, 16).convert(VectorOperators.I2F, 0)).fma(x, a);
            b = ((FloatVector) w.lanewise(VectorOperators.LSHL, 16).convert(VectorOperators.I2F, 0)).fma(x, b);
            x = IntVector.broadcast(I, y[4 * j + 3]).reinterpretAsFloats();
            c = ((FloatVector) v.lanewise(VectorOperators.LSHL, 24).convert(VectorOperators.I2F, 0)).fma(x, c);
            d = ((FloatVector) w.lanewise(VectorOperators.LSHL, 24).convert(VectorOperators.I2F, 0)).fma(x, d);
            p += 64; q += 64;
        }
        a.add(c).intoArray(out, to);
        b.add(d).intoArray(out, to + 16);
    }
    static void word4(MemorySegment memory, long at, long s, int words, int[] y, float[] out, int to) {
        FloatVector a = FloatVector.zero(F), b = a, c = a, d = a, e = a, f = a, g = a, h = a;
        long p = at, q = at + s, r = q + s, t = r + s;
        for (int j = 0; j < words; j++) {
            IntVector v = IntVector.fromMemorySegment(I, memory, p, LE);
            IntVector w = IntVector.fromMemorySegment(I, memory, q, LE);
            IntVector m = IntVector.fromMemorySegment(I, memory, r, LE);
            IntVector n = IntVector.fromMemorySegment(I, memory, t, LE);
            FloatVector x = IntVector.broadcast(I, y[4 * j]).reinterpretAsFloats();
            a = ((FloatVector) v.convert(VectorOperators.I2F, 0)).fma(x, a);
            b = ((FloatVector) w.convert(VectorOperators.I2F, 0)).fma(x, b);
            c = ((FloatVector) m.convert(VectorOperators.I2F, 0)).fma(x, c);
            d = ((FloatVector) n.convert(VectorOperators.I2F, 0)).fma(x, d);
            x = IntVector.broadcast(I, y[4 * j + 1]).reinterpretAsFloats();
            e = ((FloatVector) v.lanewise(VectorOperators.LSHL, 8).convert(VectorOperators.I2F, 0)).fma(x, e);
            f = ((FloatVector) w.lanewise(VectorOperators.LSHL, 8).convert(VectorOperators.I2F, 0)).fma(x, f);
            g = ((FloatVector) m.lanewise(VectorOperators.LSHL, 8).convert(VectorOperators.I2F, 0)).fma(x, g);
            h = ((FloatVector) n.lanewise(VectorOperators.LSHL, 8).convert(VectorOperators.I2F, 0)).fma(x, h);
            x = IntVector.broadcast(I, y[4 * j + 2]).reinterpretAsFloats();
            a = ((FloatVector) v.lanewise(VectorOperators.LSHL, 16).convert(VectorOperators.I2F, 0)).fma(x, a);
            b = ((FloatVector) w.lanewise(VectorOperators.LSHL, 16).convert(VectorOperators.I2F, 0)).fma(x, b);
            c = ((FloatVector) m.lanewise(VectorOperators.LSHL, 16).convert(VectorOperators.I2F, 0)).fma(x, c);
            d = ((FloatVector) n.lanewise(VectorOperators.LSHL, 16).convert(VectorOperators.I2F, 0)).fma(x, d);
            x = IntVector.broadcast(I, y[4 * j + 3]).reinterpretAsFloats();
            e = ((FloatVector) v.lanewise(VectorOperators.LSHL, 24).convert(VectorOperators.I2F, 0)).fma(x, e);
            f = ((FloatVector) w.lanewise(VectorOperators.LSHL, 24).convert(VectorOperators.I2F, 0)).fma(x, f);
            g = ((FloatVector) m.lanewise(VectorOperators.LSHL, 24).convert(VectorOperators.I2F, 0)).fma(x, g);
            h = ((FloatVector) n.lanewise(VectorOperators.LSHL, 24).convert(VectorOperators.I2F, 0)).fma(x, h);
            p += 64; q += 64; r += 64; t += 64;
        }
        a.add(e).intoArray(out, to); b.add(f).intoArray(out, to + 16); c.add(g).intoArray(out, to + 32); d.add(h).intoArray(out, to + 48);
    }

    static final String[] NAMES = {"read1", "read4", "cur", "four far", "four near", "word2 far", "word2 near", "word4 far", "word4 near", "four32", "p4/16", "p4/32", "p4/64", "p4/128", "p8/32", "p8/64", "p2/64"};
    /** rows from..to (multiples of 64) */
    static void run(int v, MemorySegment m, int from, int to, int[] x, float[] out) {
        long base = (long) from * K, end = (long) to * K;
        switch (v) {
            case 0 -> out[0] += read1(m, base, end);
            case 1 -> out[0] += read4(m, base, end);
            case 2 -> { for (int r = from; r < to; r += 32) cur(m, (long) r * K, K, x, out, r); }
            case 3 -> { long s = (end - base) / 4; int n = (to - from) / 64; for (int g = 0; g < n; g++) four(m, base + (long) g * 16 * K, s, K, x, out, from + 64 * g); }
            case 4 -> { long s = 16 * K; int n = (to - from) / 64; for (int g = 0; g < n; g++) four(m, base + (long) g * 64 * K, s, K, x, out, from + 64 * g); }
            case 5 -> { long s = (end - base) / 2; int n = (to - from) / 32; for (int g = 0; g < n; g++) word2(m, base + (long) g * 16 * K, s, K / 4, x, out, from + 32 * g); }
            case 6 -> { long s = 16 * K; int n = (to - from) / 32; for (int g = 0; g < n; g++) word2(m, base + (long) g * 32 * K, s, K / 4, x, out, from + 32 * g); }
            case 7 -> { long s = (end - base) / 4; int n = (to - from) / 64; for (int g = 0; g < n; g++) word4(m, base + (long) g * 16 * K, s, K / 4, x, out, from + 64 * g); }
            case 9 -> { int n = (to - from) / 128; long s = (long) n * 32 * K; for (int g = 0; g < n; g++) four32(m, base + (long) g * 32 * K, s, K, x, out, from + 64 * g); }
            case 10 -> parts(m, base, from, to, 4, 16, x, out);
            case 11 -> parts(m, base, from, to, 4, 32, x, out);
            case 12 -> parts(m, base, from, to, 4, 64, x, out);
            case 13 -> parts(m, base, from, to, 4, 128, x, out);
            case 14 -> parts(m, base, from, to, 8, 32, x, out);
            case 15 -> parts(m, base, from, to, 8, 64, x, out);
            case 16 -> parts(m, base, from, to, 2, 64, x, out);
            case 8 -> { long s = 16 * K; int n = (to - from) / 64; for (int g = 0; g < n; g++) word4(m, base + (long) g * 64 * K, s, K / 4, x, out, from + 64 * g); }
        }
    }
    public static void main(String[] args) throws Throwable {
        int rows = 128256 / 128 * 128;
        MemorySegment m = map((long) rows * K, true);
        Random rnd = new Random(1);
        for (long i = 0; i < m.byteSize(); i += 8) m.set(ValueLayout.JAVA_LONG, i, rnd.nextLong());
        int[] x = new int[K];
        for (int i = 0; i < K; i++) x[i] = Float.floatToRawIntBits((float) rnd.nextGaussian());
        float[] out = new float[rows];
        ExecutorService ex = Executors.newFixedThreadPool(2);
        for (int round = 0; round < 4; round++) {
          for (int threads = 1; threads <= 2; threads++)
            for (int mode = 0; mode < 2; mode++) {
              StringBuilder b = new StringBuilder((mode == 0 ? "cache " : "memory ") + threads + " threads, GB/s:");
              for (int v = 0; v < NAMES.length; v++) {
                int vv = v, mm = mode;
                double[] t = new double[5];
                for (int rep = 0; rep < t.length; rep++) {
                    long t0 = System.nanoTime();
                    List<Future<?>> fs = new ArrayList<>();
                    for (int th = 0; th < threads; th++) {
                        int from = rows / 64 * th / threads * 64, to = rows / 64 * (th + 1) / threads * 64;
                        fs.add(ex.submit(() -> { if (mm == 1) run(vv, m, from, to, x, out); else for (int i = 0; i < (to - from) / 128; i++) run(vv, m, from, from + 128, x, out); }));
                    }
                    for (Future<?> f : fs) f.get();
                    t[rep] = System.nanoTime() - t0;
                }
                Arrays.sort(t);
                b.append(String.format("  %s %.1f", NAMES[v], (double) rows * K / t[2]));
              }
              if (round > 0) System.out.println(b);
            }
        }
        ex.shutdown();
    }
}
