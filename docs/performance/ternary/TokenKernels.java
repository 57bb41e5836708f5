import java.lang.foreign.*;
import java.nio.ByteOrder;
import java.util.*;
import java.util.concurrent.*;
import jdk.incubator.vector.*;

public class TokenKernels {
    static final VectorSpecies<Short> S = ShortVector.SPECIES_512;
    static final VectorSpecies<Integer> I = IntVector.SPECIES_512;
    static final VectorSpecies<Short> H = ShortVector.SPECIES_256;
    static final ByteOrder LE = ByteOrder.LITTLE_ENDIAN;
    static final ValueLayout.OfShort SH = ValueLayout.JAVA_SHORT;
    static final ValueLayout.OfLong LO = ValueLayout.JAVA_LONG;
    static final int ROWS = 2560, K = 2592; // multiple of 9 and 32: 288 words; = 81 panels of 32
    static final int W = K / 9;
    static ShortVector ld(short[] t, int i) { return ShortVector.fromArray(S, t, i); }

    // FR3: decode-like layout [word][rows] shorts; tables for 8 words = 24 tables x 27 x 32 shorts
    // four rows at once
    static void fr3(MemorySegment m, long at, long wordStride, int words, short[] t, short[] sums, int to) {
        ShortVector s0 = ShortVector.zero(S), s1 = s0, s2 = s0, s3 = s0;
        int b = 0;
        for (int w = 0; w < words; w++) {
            int x0 = m.get(SH, at), x1 = m.get(SH, at + 2), x2 = m.get(SH, at + 4), x3 = m.get(SH, at + 6);
            s0 = s0.add(ld(t, b + ((x0 & 31) << 5))).add(ld(t, b + 864 + ((x0 & 992)))).add(ld(t, b + 1728 + ((x0 >> 5) & 992)));
            s1 = s1.add(ld(t, b + ((x1 & 31) << 5))).add(ld(t, b + 864 + ((x1 & 992)))).add(ld(t, b + 1728 + ((x1 >> 5) & 992)));
            s2 = s2.add(ld(t, b + ((x2 & 31) << 5))).add(ld(t, b + 864 + ((x2 & 992)))).add(ld(t, b + 1728 + ((x2 >> 5) & 992)));
            s3 = s3.add(ld(t, b + ((x3 & 31) << 5))).add(ld(t, b + 864 + ((x3 & 992)))).add(ld(t, b + 1728 + ((x3 >> 5) & 992)));
            at += wordStride; b += 2592;
        }
        s0.intoArray(sums, to); s1.intoArray(sums, to + 32); s2.intoArray(sums, to + 64); s3.intoArray(sums, to + 96);
    }
    static void build3(short[] act, int k, short[] t, int tables) { // act [k][32]
        for (int i = 0; i < tables; i++) build27(act, (k + 3 * i) * 32, t, i * 864);
    }
    static void build27(short[] act, int a, short[] t, int to) {
        ShortVector x0 = ld(act, a), x1 = ld(act, a + 32), x2 = ld(act, a + 64);
        for (int d = 0; d < 3; d++) {
            ShortVector y = d == 0 ? x2.neg() : d == 1 ? ShortVector.zero(S) : x2;
            for (int e = 0; e < 3; e++) {
                ShortVector z = e == 0 ? y.sub(x1) : e == 1 ? y : y.add(x1);
                int o = to + (d * 9 + e * 3) * 32;
                z.sub(x0).intoArray(t, o); z.intoArray(t, o + 32); z.add(x0).intoArray(t, o + 64);
            }
        }
    }
    // FR4: [panel][row] long of 8 bytes
    static void fr4(MemorySegment m, long at, short[] t, short[] sums, int to) {
        ShortVector s0 = ShortVector.zero(S), s1 = s0, s2 = s0, s3 = s0;
        long x0 = m.get(LO, at), x1 = m.get(LO, at + 8), x2 = m.get(LO, at + 16), x3 = m.get(LO, at + 24);
        for (int i = 0, b = 0; i < 8; i++, b += 81 * 32) {
            s0 = s0.add(ld(t, b + (((int) x0 & 0xff) << 5)));
            s1 = s1.add(ld(t, b + (((int) x1 & 0xff) << 5)));
            s2 = s2.add(ld(t, b + (((int) x2 & 0xff) << 5)));
            s3 = s3.add(ld(t, b + (((int) x3 & 0xff) << 5)));
            x0 >>>= 8; x1 >>>= 8; x2 >>>= 8; x3 >>>= 8;
        }
        s0.intoArray(sums, to); s1.intoArray(sums, to + 32); s2.intoArray(sums, to + 64); s3.intoArray(sums, to + 96);
    }
    static void add4(short[] sums, short[] acc, int at) { // int16 accumulate across panels
        for (int i = 0; i < 128; i += 32) ld(acc, at + i).add(ld(sums, i)).intoArray(acc, at + i);
    }
    // fr4 accumulating into short array
    static void fr4a(MemorySegment m, long at, short[] t, short[] acc, int to) {
        ShortVector s0 = ld(acc, to), s1 = ld(acc, to + 32), s2 = ld(acc, to + 64), s3 = ld(acc, to + 96);
        long x0 = m.get(LO, at), x1 = m.get(LO, at + 8), x2 = m.get(LO, at + 16), x3 = m.get(LO, at + 24);
        for (int i = 0, b = 0; i < 8; i++, b += 81 * 32) {
            s0 = s0.add(ld(t, b + (((int) x0 & 0xff) << 5)));
            s1 = s1.add(ld(t, b + (((int) x1 & 0xff) << 5)));
            s2 = s2.add(ld(t, b + (((int) x2 & 0xff) << 5)));
            s3 = s3.add(ld(t, b + (((int) x3 & 0xff) << 5)));
            x0 >>>= 8; x1 >>>= 8; x2 >>>= 8; x3 >>>= 8;
        }
        s0.intoArray(acc, to); s1.intoArray(acc, to + 32); s2.intoArray(acc, to + 64); s3.intoArray(acc, to + 96);
    }
    static void widen(short[] sums, int n, int[] totals, int at) {
        for (int i = 0; i < n; i += 16) {
            IntVector s = (IntVector) ShortVector.fromArray(H, sums, i).convertShape(VectorOperators.S2I, I, 0);
            s.add(IntVector.fromArray(I, totals, at + i)).intoArray(totals, at + i);
        }
    }
    static void build81(short[] act, int a, short[] t, int to) {
        for (int f = 0; f < 3; f++) {
            ShortVector v = ld(act, a + 96).mul((short) (f - 1));
            for (int d = 0; d < 3; d++) {
                ShortVector y = v.add(ld(act, a + 64).mul((short) (d - 1)));
                for (int e = 0; e < 3; e++) {
                    ShortVector z = y.add(ld(act, a + 32).mul((short) (e - 1)));
                    int o = to + (f * 27 + d * 9 + e * 3) * 32;
                    ShortVector x0 = ld(act, a);
                    z.sub(x0).intoArray(t, o); z.intoArray(t, o + 32); z.add(x0).intoArray(t, o + 64);
                }
            }
        }
    }
    // LUT3 with lanes = rows, 64 rows x 2 tokens (existing)
    static ShortVector lookUp(ShortVector w, ShortVector a, ShortVector b, ShortVector c) {
        return w.selectFrom(a).add(w.lanewise(VectorOperators.LSHR, 5).selectFrom(b)).add(w.lanewise(VectorOperators.LSHR, 10).selectFrom(c));
    }
    static ShortVector ld(MemorySegment m, long o) { return ShortVector.fromMemorySegment(S, m, o, LE); }
    static void lut2(MemorySegment m, long at, long stride, int count, short[] ta, short[] tb, int t, short[] sums) {
        ShortVector s0 = ShortVector.zero(S), s1 = s0, s2 = s0, s3 = s0;
        for (int i = 0; i < count; i++) {
            ShortVector x = ld(m, at), y = ld(m, at + 64);
            ShortVector a = ld(ta, t), b = ld(ta, t + 32), c = ld(ta, t + 64);
            s0 = s0.add(lookUp(x, a, b, c)); s1 = s1.add(lookUp(y, a, b, c));
            a = ld(tb, t); b = ld(tb, t + 32); c = ld(tb, t + 64);
            s2 = s2.add(lookUp(x, a, b, c)); s3 = s3.add(lookUp(y, a, b, c));
            at += stride; t += 96;
        }
        s0.intoArray(sums, 0); s1.intoArray(sums, 32); s2.intoArray(sums, 64); s3.intoArray(sums, 96);
    }

    // whole products over one matrix ROWS x K for 32 tokens
    static void productFr3(MemorySegment m, short[] act, short[] t, int[] out, short[] sums, int G) {
        Arrays.fill(out, 0);
        for (int w = 0; w < W; w += G) {
            build3(act, w * 9, t, 3 * G);
            for (int r = 0; r < ROWS; r += 4) { fr3(m, ((long) w * ROWS + r) * 2, ROWS * 2L, G, t, sums, 0); widen(sums, 128, out, r * 32); }
        }
    }
    // layout [rowgroup 32][word][32] to be near the decode layout
    static void productFr3b(MemorySegment m, short[] act, short[] t, int[] out, short[] sums, int G) {
        Arrays.fill(out, 0);
        for (int w = 0; w < W; w += G) {
            build3(act, w * 9, t, 3 * G);
            for (int g = 0; g < ROWS / 32; g++) for (int r = 0; r < 32; r += 4) { fr3(m, ((long) (g * W + w) * 32 + r) * 2, 64, G, t, sums, 0); widen(sums, 128, out, (g * 32 + r) * 32); }
        }
    }
    static void productFr4(MemorySegment m, short[] act, short[] t, int[] out, short[] sums) {
        Arrays.fill(out, 0);
        for (int p = 0; p < K / 32; p++) {
            for (int i = 0; i < 8; i++) build81(act, (p * 32 + i * 4) * 32, t, i * 81 * 32);
            for (int r = 0; r < ROWS; r += 4) { fr4(m, ((long) p * ROWS + r) * 8, t, sums, 0); widen(sums, 128, out, r * 32); }
        }
    }
    static void productFr4a(MemorySegment m, short[] act, short[] t, int[] out, short[] acc) {
        Arrays.fill(out, 0);
        for (int p0 = 0; p0 < K / 32; p0 += 8) {
            Arrays.fill(acc, (short) 0);
            for (int p = p0; p < Math.min(K / 32, p0 + 8); p++) {
                for (int i = 0; i < 8; i++) build81(act, (p * 32 + i * 4) * 32, t, i * 81 * 32);
                for (int r = 0; r < ROWS; r += 4) fr4a(m, ((long) p * ROWS + r) * 8, t, acc, r * 32);
            }
            widen(acc, ROWS * 32, out, 0);
        }
    }
    static void productLut(MemorySegment m, short[][] tables, int[] out, short[] sums) {
        for (int w = 0; w < W; w += 28) for (int r = 0; r < ROWS; r += 64) for (int k = 0; k < 32; k += 2) {
            lut2(m, ((long) w * ROWS + r * (long) 1) * 2, 128, Math.min(28, W - w), tables[k], tables[k + 1], w * 96, sums); widen(sums, 128, out, r * 32 + k * 64);
        }
    }

    public static void main(String[] a) throws Exception {
        int members = Integer.parseInt(a[0]);
        Random rnd = new Random(5);
        byte[][] w = new byte[ROWS][K];
        for (byte[] row : w) for (int i = 0; i < K; i++) row[i] = (byte) (rnd.nextInt(3) - 1);
        MemorySegment m3 = Arena.global().allocate(ROWS * (long) W * 2 + 4096, 64), m3b = Arena.global().allocate(ROWS * (long) W * 2 + 4096, 64), m4 = Arena.global().allocate(ROWS * (long) K / 4 + 4096, 64);
        for (int r = 0; r < ROWS; r++) {
            for (int i = 0; i < W; i++) { int v = 0; for (int j = 2; j >= 0; j--) { int k = i * 9 + j * 3; v = v << 5 | (w[r][k] + 1 + 3 * (w[r][k + 1] + 1) + 9 * (w[r][k + 2] + 1)); }
                m3.set(SH, ((long) i * ROWS + r) * 2, (short) v); m3b.set(SH, ((long) (r / 32 * W + i) * 32 + r % 32) * 2, (short) v); }
            for (int p = 0; p < K / 32; p++) { long v = 0; for (int i = 7; i >= 0; i--) { int k = p * 32 + i * 4; v = v << 8 | (w[r][k] + 1 + 3 * (w[r][k + 1] + 1) + 9 * (w[r][k + 2] + 1) + 27 * (w[r][k + 3] + 1)); } m4.set(LO, ((long) p * ROWS + r) * 8, v); }
        }
        short[] act = new short[K * 32];
        for (int i = 0; i < act.length; i++) act[i] = (short) (rnd.nextInt(255) - 127);
        int[] want = new int[ROWS * 32];
        for (int r = 0; r < ROWS; r++) for (int k = 0; k < K; k++) for (int x = 0; x < 32; x++) want[r * 32 + x] += w[r][k] * act[k * 32 + x];
        String[] names = {"fr3 G4", "fr3 G8", "fr3 G16", "fr3b G4", "fr3b G8", "fr3b G16", "fr4", "fr4a", "lut2"};
        ExecutorService ex = Executors.newFixedThreadPool(members);
        List<List<Double>> rates = new ArrayList<>();
        for (var n : names) rates.add(new ArrayList<>());
        for (int rep = 0; rep < 22; rep++) for (int n = 0; n < names.length; n++) {
            int nn = n; List<Future<int[]>> f = new ArrayList<>();
            long s = System.nanoTime();
            for (int k = 0; k < members; k++) f.add(ex.submit(() -> {
                int[] out = new int[ROWS * 32]; short[] t = new short[16 * 2592], sums = new short[128], acc = new short[ROWS * 32];
                short[][] tables = new short[32][W * 96];
                for (int q = 0; q < 4; q++) switch (nn) {
                    case 0 -> productFr3(m3, act, t, out, sums, 4); case 1 -> productFr3(m3, act, t, out, sums, 8); case 2 -> productFr3(m3, act, t, out, sums, 16);
                    case 3 -> productFr3b(m3b, act, t, out, sums, 4); case 4 -> productFr3b(m3b, act, t, out, sums, 8); case 5 -> productFr3b(m3b, act, t, out, sums, 16);
                    case 6 -> productFr4(m4, act, t, out, sums); case 7 -> productFr4a(m4, act, t, out, acc); case 8 -> productLut(m3, tables, out, sums); }
                return out; }));
            int[] got = null; for (var q : f) got = q.get();
            double ns = System.nanoTime() - s;
            if (n < 8 && !Arrays.equals(got, want)) System.out.println(names[n] + " WRONG");
            if (rep > 4) rates.get(n).add(members * 4.0 * ROWS * K * 32 / ns);
        }
        for (int n = 0; n < names.length; n++) { var v = rates.get(n); Collections.sort(v); System.out.printf("%-10s %d threads %.0f MAC/ns (%.0f-%.0f)%n", names[n], members, v.get(v.size() / 2), v.get(0), v.get(v.size() - 1)); }
        ex.shutdown();
    }
}
