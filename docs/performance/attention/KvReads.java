import jdk.incubator.vector.*;
import java.util.*;
/** Scores and sums of values over a KV cache, one thread: pages of 32 positions, 5 KV heads with 4 queries each, 128 elements, 30 layers. */
public class KvReads {
  static final VectorSpecies<Float> S = FloatVector.SPECIES_512;
  static final int L = 30, H = 5, DIM = 128, PAGE = 32, HEAD = PAGE * DIM, LAYER = 2 * H * HEAD, W = 16;
  static float[] q = new float[20 * DIM];
  static float[] scores = new float[16 * 256];
  static float[] sums = new float[16 * DIM];
  static float sink;

  // ---- scores
  static void s2x2(float[] keys, int at, float[] other, int atOther, int step, int first, int second, int to, int toOther) {
    FloatVector a0 = FloatVector.zero(S), a1 = a0, a2 = a0, a3 = a0, b0 = a0, b1 = a0, b2 = a0, b3 = a0;
    FloatVector c0 = a0, c1 = a0, c2 = a0, c3 = a0, d0 = a0, d1 = a0, d2 = a0, d3 = a0;
    for (int d = 0, k = at, m = atOther; d < DIM; d += 4, k += 4 * step, m += 4 * step) {
      FloatVector x = FloatVector.broadcast(S, q[first + d]), y = FloatVector.broadcast(S, q[second + d]);
      FloatVector low = FloatVector.fromArray(S, keys, k), high = FloatVector.fromArray(S, other, m);
      a0 = low.fma(x, a0); b0 = high.fma(x, b0); c0 = low.fma(y, c0); d0 = high.fma(y, d0);
      x = FloatVector.broadcast(S, q[first + d + 1]); y = FloatVector.broadcast(S, q[second + d + 1]);
      low = FloatVector.fromArray(S, keys, k + step); high = FloatVector.fromArray(S, other, m + step);
      a1 = low.fma(x, a1); b1 = high.fma(x, b1); c1 = low.fma(y, c1); d1 = high.fma(y, d1);
      x = FloatVector.broadcast(S, q[first + d + 2]); y = FloatVector.broadcast(S, q[second + d + 2]);
      low = FloatVector.fromArray(S, keys, k + 2 * step); high = FloatVector.fromArray(S, other, m + 2 * step);
      a2 = low.fma(x, a2); b2 = high.fma(x, b2); c2 = low.fma(y, c2); d2 = high.fma(y, d2);
      x = FloatVector.broadcast(S, q[first + d + 3]); y = FloatVector.broadcast(S, q[second + d + 3]);
      low = FloatVector.fromArray(S, keys, k + 3 * step); high = FloatVector.fromArray(S, other, m + 3 * step);
      a3 = low.fma(x, a3); b3 = high.fma(x, b3); c3 = low.fma(y, c3); d3 = high.fma(y, d3);
    }
    a0.add(a1).add(a2.add(a3)).mul(.1f).intoArray(scores, to);
    b0.add(b1).add(b2.add(b3)).mul(.1f).intoArray(scores, toOther);
    c0.add(c1).add(c2.add(c3)).mul(.1f).intoArray(scores, to + 256);
    d0.add(d1).add(d2.add(d3)).mul(.1f).intoArray(scores, toOther + 256);
  }
  static float touch4(float[] a, float[] b, float[] c, float[] d, int at, int n) {
    float w = 0, x = 0, y = 0, z = 0;
    for (int i = 0; i < n; i += 16) { w += a[at + i]; x += b[at + i]; y += c[at + i]; z += d[at + i]; }
    return w + x + y + z;
  }
  static float touch8(float[][] p, int i, int at, int n) {
    float[] a = p[i], b = p[i + 1], c = p[i + 2], d = p[i + 3], e = p[i + 4], f = p[i + 5], g = p[i + 6], h = p[i + 7];
    float w = 0, x = 0, y = 0, z = 0;
    for (int k = at; k < at + n; k += 16) { w += a[k]; x += b[k]; y += c[k]; z += d[k]; w += e[k]; x += f[k]; y += g[k]; z += h[k]; }
    return w + x + y + z;
  }
  // ---- values
  static void v2x4(float[] v, int at, int step, int from, int to) {
    int other = to + DIM;
    FloatVector a0 = FloatVector.fromArray(S, sums, to), a1 = FloatVector.fromArray(S, sums, to + W), a2 = FloatVector.fromArray(S, sums, to + 2 * W), a3 = FloatVector.fromArray(S, sums, to + 3 * W);
    FloatVector b0 = FloatVector.fromArray(S, sums, other), b1 = FloatVector.fromArray(S, sums, other + W), b2 = FloatVector.fromArray(S, sums, other + 2 * W), b3 = FloatVector.fromArray(S, sums, other + 3 * W);
    for (int p = from, k = at; p < from + PAGE; p++, k += step) {
      FloatVector x = FloatVector.broadcast(S, scores[p]), y = FloatVector.broadcast(S, scores[p + 256]);
      FloatVector c = FloatVector.fromArray(S, v, k); a0 = c.fma(x, a0); b0 = c.fma(y, b0);
      c = FloatVector.fromArray(S, v, k + W); a1 = c.fma(x, a1); b1 = c.fma(y, b1);
      c = FloatVector.fromArray(S, v, k + 2 * W); a2 = c.fma(x, a2); b2 = c.fma(y, b2);
      c = FloatVector.fromArray(S, v, k + 3 * W); a3 = c.fma(x, a3); b3 = c.fma(y, b3);
    }
    a0.intoArray(sums, to); a1.intoArray(sums, to + W); a2.intoArray(sums, to + 2 * W); a3.intoArray(sums, to + 3 * W);
    b0.intoArray(sums, other); b1.intoArray(sums, other + W); b2.intoArray(sums, other + 2 * W); b3.intoArray(sums, other + 3 * W);
  }
  // four queries, four vectors
  static void v4x4(float[] v, int at, int step, int g, int from, int to) {
    int t1 = to + DIM, t2 = to + 2 * DIM, t3 = to + 3 * DIM;
    FloatVector a0 = FloatVector.fromArray(S, sums, to), a1 = FloatVector.fromArray(S, sums, to + W), a2 = FloatVector.fromArray(S, sums, to + 2 * W), a3 = FloatVector.fromArray(S, sums, to + 3 * W);
    FloatVector b0 = FloatVector.fromArray(S, sums, t1), b1 = FloatVector.fromArray(S, sums, t1 + W), b2 = FloatVector.fromArray(S, sums, t1 + 2 * W), b3 = FloatVector.fromArray(S, sums, t1 + 3 * W);
    FloatVector c0 = FloatVector.fromArray(S, sums, t2), c1 = FloatVector.fromArray(S, sums, t2 + W), c2 = FloatVector.fromArray(S, sums, t2 + 2 * W), c3 = FloatVector.fromArray(S, sums, t2 + 3 * W);
    FloatVector d0 = FloatVector.fromArray(S, sums, t3), d1 = FloatVector.fromArray(S, sums, t3 + W), d2 = FloatVector.fromArray(S, sums, t3 + 2 * W), d3 = FloatVector.fromArray(S, sums, t3 + 3 * W);
    for (int p = from, k = at; p < from + PAGE; p++, k += step) {
      FloatVector x = FloatVector.broadcast(S, scores[p]), y = FloatVector.broadcast(S, scores[p + 256]), z = FloatVector.broadcast(S, scores[p + 512]), w = FloatVector.broadcast(S, scores[p + 768]);
      FloatVector e = FloatVector.fromArray(S, v, k); a0 = e.fma(x, a0); b0 = e.fma(y, b0); c0 = e.fma(z, c0); d0 = e.fma(w, d0);
      e = FloatVector.fromArray(S, v, k + g); a1 = e.fma(x, a1); b1 = e.fma(y, b1); c1 = e.fma(z, c1); d1 = e.fma(w, d1);
      e = FloatVector.fromArray(S, v, k + 2 * g); a2 = e.fma(x, a2); b2 = e.fma(y, b2); c2 = e.fma(z, c2); d2 = e.fma(w, d2);
      e = FloatVector.fromArray(S, v, k + 3 * g); a3 = e.fma(x, a3); b3 = e.fma(y, b3); c3 = e.fma(z, c3); d3 = e.fma(w, d3);
    }
    a0.intoArray(sums, to); a1.intoArray(sums, to + W); a2.intoArray(sums, to + 2 * W); a3.intoArray(sums, to + 3 * W);
    b0.intoArray(sums, t1); b1.intoArray(sums, t1 + W); b2.intoArray(sums, t1 + 2 * W); b3.intoArray(sums, t1 + 3 * W);
    c0.intoArray(sums, t2); c1.intoArray(sums, t2 + W); c2.intoArray(sums, t2 + 2 * W); c3.intoArray(sums, t2 + 3 * W);
    d0.intoArray(sums, t3); d1.intoArray(sums, t3 + W); d2.intoArray(sums, t3 + 2 * W); d3.intoArray(sums, t3 + 3 * W);
  }

  static float s2x2t(float[] ta, float[] tb, float[] tc, float[] td, int ti, float[] keys, int at, float[] other, int atOther, int step, int first, int second, int to, int toOther) {
    FloatVector a0 = FloatVector.zero(S), a1 = a0, a2 = a0, a3 = a0, b0 = a0, b1 = a0, b2 = a0, b3 = a0;
    FloatVector c0 = a0, c1 = a0, c2 = a0, c3 = a0, d0 = a0, d1 = a0, d2 = a0, d3 = a0;
    float w = 0, xx = 0, yy = 0, z = 0;
    for (int d = 0, k = at, m = atOther; d < DIM; d += 4, k += 4 * step, m += 4 * step) {
      w += ta[ti]; xx += tb[ti]; yy += tc[ti]; z += td[ti]; ti += 16;
      FloatVector x = FloatVector.broadcast(S, q[first + d]), y = FloatVector.broadcast(S, q[second + d]);
      FloatVector low = FloatVector.fromArray(S, keys, k), high = FloatVector.fromArray(S, other, m);
      a0 = low.fma(x, a0); b0 = high.fma(x, b0); c0 = low.fma(y, c0); d0 = high.fma(y, d0);
      x = FloatVector.broadcast(S, q[first + d + 1]); y = FloatVector.broadcast(S, q[second + d + 1]);
      low = FloatVector.fromArray(S, keys, k + step); high = FloatVector.fromArray(S, other, m + step);
      a1 = low.fma(x, a1); b1 = high.fma(x, b1); c1 = low.fma(y, c1); d1 = high.fma(y, d1);
      x = FloatVector.broadcast(S, q[first + d + 2]); y = FloatVector.broadcast(S, q[second + d + 2]);
      low = FloatVector.fromArray(S, keys, k + 2 * step); high = FloatVector.fromArray(S, other, m + 2 * step);
      a2 = low.fma(x, a2); b2 = high.fma(x, b2); c2 = low.fma(y, c2); d2 = high.fma(y, d2);
      x = FloatVector.broadcast(S, q[first + d + 3]); y = FloatVector.broadcast(S, q[second + d + 3]);
      low = FloatVector.fromArray(S, keys, k + 3 * step); high = FloatVector.fromArray(S, other, m + 3 * step);
      a3 = low.fma(x, a3); b3 = high.fma(x, b3); c3 = low.fma(y, c3); d3 = high.fma(y, d3);
    }
    a0.add(a1).add(a2.add(a3)).mul(.1f).intoArray(scores, to);
    b0.add(b1).add(b2.add(b3)).mul(.1f).intoArray(scores, toOther);
    c0.add(c1).add(c2.add(c3)).mul(.1f).intoArray(scores, to + 256);
    d0.add(d1).add(d2.add(d3)).mul(.1f).intoArray(scores, toOther + 256);
    return w + xx + yy + z;
  }
  static void s4x1(float[] keys, int at, int step, int first, int to) {
    FloatVector a0 = FloatVector.zero(S), a1 = a0, a2 = a0, a3 = a0, b0 = a0, b1 = a0, b2 = a0, b3 = a0;
    FloatVector c0 = a0, c1 = a0, c2 = a0, c3 = a0, d0 = a0, d1 = a0, d2 = a0, d3 = a0;
    int f2 = first + DIM, f3 = first + 2 * DIM, f4 = first + 3 * DIM;
    for (int d = 0, k = at; d < DIM; d += 4, k += 4 * step) {
      FloatVector e = FloatVector.fromArray(S, keys, k);
      a0 = e.fma(FloatVector.broadcast(S, q[first + d]), a0); b0 = e.fma(FloatVector.broadcast(S, q[f2 + d]), b0); c0 = e.fma(FloatVector.broadcast(S, q[f3 + d]), c0); d0 = e.fma(FloatVector.broadcast(S, q[f4 + d]), d0);
      e = FloatVector.fromArray(S, keys, k + step);
      a1 = e.fma(FloatVector.broadcast(S, q[first + d + 1]), a1); b1 = e.fma(FloatVector.broadcast(S, q[f2 + d + 1]), b1); c1 = e.fma(FloatVector.broadcast(S, q[f3 + d + 1]), c1); d1 = e.fma(FloatVector.broadcast(S, q[f4 + d + 1]), d1);
      e = FloatVector.fromArray(S, keys, k + 2 * step);
      a2 = e.fma(FloatVector.broadcast(S, q[first + d + 2]), a2); b2 = e.fma(FloatVector.broadcast(S, q[f2 + d + 2]), b2); c2 = e.fma(FloatVector.broadcast(S, q[f3 + d + 2]), c2); d2 = e.fma(FloatVector.broadcast(S, q[f4 + d + 2]), d2);
      e = FloatVector.fromArray(S, keys, k + 3 * step);
      a3 = e.fma(FloatVector.broadcast(S, q[first + d + 3]), a3); b3 = e.fma(FloatVector.broadcast(S, q[f2 + d + 3]), b3); c3 = e.fma(FloatVector.broadcast(S, q[f3 + d + 3]), c3); d3 = e.fma(FloatVector.broadcast(S, q[f4 + d + 3]), d3);
    }
    a0.add(a1).add(a2.add(a3)).mul(.1f).intoArray(scores, to);
    b0.add(b1).add(b2.add(b3)).mul(.1f).intoArray(scores, to + 256);
    c0.add(c1).add(c2.add(c3)).mul(.1f).intoArray(scores, to + 512);
    d0.add(d1).add(d2.add(d3)).mul(.1f).intoArray(scores, to + 768);
  }
  // four queries, four vectors
  static float v4x4t(float[] ta, float[] tb, float[] tc, float[] td, int ti, float[] v, int at, int step, int g, int from, int to) {
    int t1 = to + DIM, t2 = to + 2 * DIM, t3 = to + 3 * DIM;
    FloatVector a0 = FloatVector.fromArray(S, sums, to), a1 = FloatVector.fromArray(S, sums, to + W), a2 = FloatVector.fromArray(S, sums, to + 2 * W), a3 = FloatVector.fromArray(S, sums, to + 3 * W);
    FloatVector b0 = FloatVector.fromArray(S, sums, t1), b1 = FloatVector.fromArray(S, sums, t1 + W), b2 = FloatVector.fromArray(S, sums, t1 + 2 * W), b3 = FloatVector.fromArray(S, sums, t1 + 3 * W);
    FloatVector c0 = FloatVector.fromArray(S, sums, t2), c1 = FloatVector.fromArray(S, sums, t2 + W), c2 = FloatVector.fromArray(S, sums, t2 + 2 * W), c3 = FloatVector.fromArray(S, sums, t2 + 3 * W);
    FloatVector d0 = FloatVector.fromArray(S, sums, t3), d1 = FloatVector.fromArray(S, sums, t3 + W), d2 = FloatVector.fromArray(S, sums, t3 + 2 * W), d3 = FloatVector.fromArray(S, sums, t3 + 3 * W);
    float tw = 0, tx = 0, ty = 0, tz = 0;
    for (int p = from, k = at; p < from + PAGE; p++, k += step) {
      tw += ta[ti]; tx += tb[ti]; ty += tc[ti]; tz += td[ti]; ti += 16;
      FloatVector x = FloatVector.broadcast(S, scores[p]), y = FloatVector.broadcast(S, scores[p + 256]), z = FloatVector.broadcast(S, scores[p + 512]), w = FloatVector.broadcast(S, scores[p + 768]);
      FloatVector e = FloatVector.fromArray(S, v, k); a0 = e.fma(x, a0); b0 = e.fma(y, b0); c0 = e.fma(z, c0); d0 = e.fma(w, d0);
      e = FloatVector.fromArray(S, v, k + g); a1 = e.fma(x, a1); b1 = e.fma(y, b1); c1 = e.fma(z, c1); d1 = e.fma(w, d1);
      e = FloatVector.fromArray(S, v, k + 2 * g); a2 = e.fma(x, a2); b2 = e.fma(y, b2); c2 = e.fma(z, c2); d2 = e.fma(w, d2);
      e = FloatVector.fromArray(S, v, k + 3 * g); a3 = e.fma(x, a3); b3 = e.fma(y, b3); c3 = e.fma(z, c3); d3 = e.fma(w, d3);
    }
    a0.intoArray(sums, to); a1.intoArray(sums, to + W); a2.intoArray(sums, to + 2 * W); a3.intoArray(sums, to + 3 * W);
    b0.intoArray(sums, t1); b1.intoArray(sums, t1 + W); b2.intoArray(sums, t1 + 2 * W); b3.intoArray(sums, t1 + 3 * W);
    c0.intoArray(sums, t2); c1.intoArray(sums, t2 + W); c2.intoArray(sums, t2 + 2 * W); c3.intoArray(sums, t2 + 3 * W);
    d0.intoArray(sums, t3); d1.intoArray(sums, t3 + W); d2.intoArray(sums, t3 + 2 * W); d3.intoArray(sums, t3 + 3 * W);
    return tw + tx + ty + tz;
  }
  public static void main(String[] x) {
    int positions = Integer.parseInt(x[0]); int layers = Integer.parseInt(x[1]); int n = positions / PAGE;
    float[][] pages = new float[n][L * LAYER];
    for (float[] f : pages) Arrays.fill(f, 1e-3f);
    String[] kinds = {"S0 2q x 2v", "S2 touch4 + S0", "S2c touch4 next by quarters + S0", "S2d touch4 next inside", "S5 4q x 1v", "S6 touch4 + S5", "S7 touch8 + S0", "S8 touch4 next by quarters + S5",
     "V0 2q x 4v", "V4 4q x 4v rows", "V6 touch4 + V4", "V6c touch4 next by quarters + V4", "V6d touch4 next inside", "V7 touch8 + V4"};
    double[][] t = new double[kinds.length][9];
    for (int round = 0; round < 9; round++) for (int kind = 0; kind < kinds.length; kind++) {
      long t0 = System.nanoTime(); float s = 0;
      int reps = 30 / layers;
      for (int rep = 0; rep < reps; rep++)
      for (int l = 0; l < layers; l++) for (int h = 0; h < H; h++) {
        int b = l * LAYER + h * HEAD, v = b + H * HEAD, f = h * 4 * DIM;
        switch (kind) {
          case 0 -> { for (int i = 0; i < n; i++) { int to = (i & 7) * 32; for (int k = 0; k < 4; k += 2) s2x2(pages[i], b, pages[i], b + 16, 32, f + k * DIM, f + k * DIM + DIM, k * 256 + to, k * 256 + to + 16); } }
          case 1 -> { for (int i = 0; i < n; i++) { int to = (i & 7) * 32; if ((i & 3) == 0) s += touch4(pages[i], pages[i + 1], pages[i + 2], pages[i + 3], b, HEAD);for (int k = 0; k < 4; k += 2) s2x2(pages[i], b, pages[i], b + 16, 32, f + k * DIM, f + k * DIM + DIM, k * 256 + to, k * 256 + to + 16); } }
          case 2 -> { for (int i = 0; i < n; i++) { int to = (i & 7) * 32; { int j = (i | 3) + 1; if (j < n) s += touch4(pages[j], pages[j + 1], pages[j + 2], pages[j + 3], b + (i & 3) * HEAD / 4, HEAD / 4); }for (int k = 0; k < 4; k += 2) s2x2(pages[i], b, pages[i], b + 16, 32, f + k * DIM, f + k * DIM + DIM, k * 256 + to, k * 256 + to + 16); } }
          case 3 -> { for (int i = 0; i < n; i++) { int to = (i & 7) * 32; int j = Math.min((i | 3) + 1, n - 4); for (int k = 0; k < 4; k += 2) s += s2x2t(pages[j], pages[j + 1], pages[j + 2], pages[j + 3], b + (i & 3) * HEAD / 4 + k * HEAD / 16, pages[i], b, pages[i], b + 16, 32, f + k * DIM, f + k * DIM + DIM, k * 256 + to, k * 256 + to + 16); } }
          case 4 -> { for (int i = 0; i < n; i++) { int to = (i & 7) * 32; for (int g = 0; g < 32; g += 16) s4x1(pages[i], b + g, 32, f, to + g); } }
          case 5 -> { for (int i = 0; i < n; i++) { int to = (i & 7) * 32; if ((i & 3) == 0) s += touch4(pages[i], pages[i + 1], pages[i + 2], pages[i + 3], b, HEAD);for (int g = 0; g < 32; g += 16) s4x1(pages[i], b + g, 32, f, to + g); } }
          case 6 -> { for (int i = 0; i < n; i++) { int to = (i & 7) * 32; if ((i & 7) == 0) s += touch8(pages, i, b, HEAD);for (int k = 0; k < 4; k += 2) s2x2(pages[i], b, pages[i], b + 16, 32, f + k * DIM, f + k * DIM + DIM, k * 256 + to, k * 256 + to + 16); } }
          case 7 -> { for (int i = 0; i < n; i++) { int to = (i & 7) * 32; { int j = (i | 3) + 1; if (j < n) s += touch4(pages[j], pages[j + 1], pages[j + 2], pages[j + 3], b + (i & 3) * HEAD / 4, HEAD / 4); }for (int g = 0; g < 32; g += 16) s4x1(pages[i], b + g, 32, f, to + g); } }
          case 8 -> { for (int i = 0; i < n; i++) { int from = (i & 7) * 32; for (int k = 0; k < 4; k += 2) for (int c = 0; c < DIM; c += 64) v2x4(pages[i], v + c, DIM, k * 256 + from, k * DIM + c); } }
          case 9 -> { for (int i = 0; i < n; i++) { int from = (i & 7) * 32; for (int c = 0; c < DIM; c += 64) v4x4(pages[i], v + c, DIM, 16, from, c); } }
          case 10 -> { for (int i = 0; i < n; i++) { int from = (i & 7) * 32; if ((i & 3) == 0) s += touch4(pages[i], pages[i + 1], pages[i + 2], pages[i + 3], v, HEAD);for (int c = 0; c < DIM; c += 64) v4x4(pages[i], v + c, DIM, 16, from, c); } }
          case 11 -> { for (int i = 0; i < n; i++) { int from = (i & 7) * 32; { int j = (i | 3) + 1; if (j < n) s += touch4(pages[j], pages[j + 1], pages[j + 2], pages[j + 3], v + (i & 3) * HEAD / 4, HEAD / 4); }for (int c = 0; c < DIM; c += 64) v4x4(pages[i], v + c, DIM, 16, from, c); } }
          case 12 -> { for (int i = 0; i < n; i++) { int from = (i & 7) * 32; int j = Math.min((i | 3) + 1, n - 4); for (int c = 0; c < DIM; c += 64) s += v4x4t(pages[j], pages[j + 1], pages[j + 2], pages[j + 3], v + (i & 3) * HEAD / 4 + c * HEAD / 512, pages[i], v + c, DIM, 16, from, c); } }
          case 13 -> { for (int i = 0; i < n; i++) { int from = (i & 7) * 32; if ((i & 7) == 0) s += touch8(pages, i, v, HEAD);for (int c = 0; c < DIM; c += 64) v4x4(pages[i], v + c, DIM, 16, from, c); } }
          default -> throw new AssertionError();
        }
      }
      sink += s; t[kind][round] = (System.nanoTime() - t0) / 1e3;
    }
    double bytes = n * 30.0 * H * HEAD * 4;
    for (int kind = 0; kind < kinds.length; kind++) { Arrays.sort(t[kind]); System.out.printf("%-34s %8.0f us  %5.1f GB/s  %.2f us a page and head%n", kinds[kind], t[kind][3], bytes / t[kind][3] / 1e3, t[kind][3] / (30.0 * H * n)); }
  }
}
