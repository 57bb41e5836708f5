import java.util.*;
/** Reads float arrays of the KV cache in the order of attention, without computing: in 1, 2 or 4 streams a thread. */
public final class ReadOrder {
  static final int PAGE = 32, DIM = 128, HEADS = 5, LAYERS = 30, BLOCKS = 64, CH = PAGE * DIM;
  static float[][] blocks = new float[BLOCKS][2 * LAYERS * HEADS * CH];
  static volatile int sink;
  public static void main(String[] a) throws Exception {
    for (float[] b : blocks) Arrays.fill(b, 1f);
    for (int round = 0; round < 3; round++)
    for (int streams : new int[] {1, 2, 4, 8}) {
      double best = 1e9;
      for (int rep = 0; rep < 20; rep++) {
        long s = System.nanoTime();
        Thread[] t = new Thread[2];
        for (int m = 0; m < 2; m++) { int member = m; t[m] = new Thread(() -> read(member, streams)); t[m].start(); }
        for (Thread x : t) x.join();
        best = Math.min(best, (System.nanoTime() - s) / 1e6);
      }
      System.out.printf("reading alone, 2 threads, %d streams in 16 KB: %.2f ms, %.1f GB/s%n", streams, best, 4.0 * BLOCKS * 2 * LAYERS * HEADS * CH / best / 1e6);
    }
  }
  static void read(int member, int streams) {
    int x = 0;
    // Half of the heads for each: by layers here, the same bytes.
    for (int l = member; l < LAYERS; l += 2) for (int h = 0; h < HEADS; h++) for (int g = 0; g < BLOCKS; g += 8)
      for (int kv = 0; kv < 2; kv++) for (int b = g; b < g + 8; b++) x += chunk(blocks[b], ((2 * l + kv) * HEADS + h) * CH, streams);
    sink = x;
  }
  static int chunk(float[] v, int at, int streams) {
    int s = CH / streams, x = 0;
    switch (streams) {
      case 1 -> { for (int i = at; i < at + s; i += 16) x |= Float.floatToRawIntBits(v[i]); }
      case 2 -> { for (int i = at; i < at + s; i += 16) x |= Float.floatToRawIntBits(v[i]) | Float.floatToRawIntBits(v[i + s]); }
      case 4 -> { for (int i = at; i < at + s; i += 16) x |= Float.floatToRawIntBits(v[i]) | Float.floatToRawIntBits(v[i + s]) | Float.floatToRawIntBits(v[i + 2 * s]) | Float.floatToRawIntBits(v[i + 3 * s]); }
      default -> { for (int i = at; i < at + s; i += 16) x |= Float.floatToRawIntBits(v[i]) | Float.floatToRawIntBits(v[i + s]) | Float.floatToRawIntBits(v[i + 2 * s]) | Float.floatToRawIntBits(v[i + 3 * s]) | Float.floatToRawIntBits(v[i+4*s]) | Float.floatToRawIntBits(v[i + 5*s]) | Float.floatToRawIntBits(v[i + 6 * s]) | Float.floatToRawIntBits(v[i + 7 * s]); }
    }
    return x;
  }
}
