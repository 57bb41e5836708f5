import java.util.*;
import org.ryzanstein.api.kernel.*;
import org.ryzanstein.loader.parallel.SpinParkTeam;

/** Attention of one token at a depth over all layers of the 2B shape: keys and values come from memory. */
public final class DepthBench {
  public static void main(String[] a) {
    int threads = Integer.parseInt(a[0]), depth = Integer.parseInt(a[1]), page = Integer.parseInt(a[2]), layers = Integer.parseInt(a[3]);
    int kv = 5, heads = 20, dim = 128;
    try (SpinParkTeam team = new SpinParkTeam(threads);
        KernelBackend backend = KernelBackends.choose(Optional.of("avx512")).provider().open(team)) {
      int blocks = Math.ceilDiv(depth, page);
      KvCache cache = backend.allocateKv(new KvSpec(layers, kv, dim, blocks, page, KvType.FLOAT32));
      Buffer k = backend.allocate(ElementType.FLOAT32, RowSet.TOKENS, 32, kv * dim);
      Random r = new Random(1);
      java.lang.foreign.MemorySegment m = k.memory();
      for (long i = 0; i < 32L * kv * dim; i++) m.setAtIndex(java.lang.foreign.ValueLayout.JAVA_FLOAT, i, (float) r.nextGaussian());
      Buffer q = backend.allocate(ElementType.FLOAT32, RowSet.TOKENS, 1, heads * dim), o = backend.allocate(ElementType.FLOAT32, RowSet.TOKENS, 1, heads * dim);
      for (long i = 0; i < (long) heads * dim; i++) q.memory().setAtIndex(java.lang.foreign.ValueLayout.JAVA_FLOAT, i, (float) r.nextGaussian());
      int[] of = new int[heads];
      for (int h = 0; h < heads; h++) of[h] = h / 4;
      PreparedStep store = backend.prepare(new StepShape(32, 1), ops -> { for (int l = 0; l < layers; l++) ops.storeKv(cache, l, k, k); });
      for (int p = 0; p < depth; p += 32) backend.queue().submit(store, batch(p, 32, blocks, page));
      int reps = Math.max(1, 30 / layers);
      PreparedStep step = backend.prepare(new StepShape(1, 1), ops -> { for (int i = 0; i < reps; i++) for (int l = 0; l < layers; l++) ops.attention(cache, l, q, of, 0.088f, o); });
      StepBatch one = batch(depth - 1, 1, blocks, page);
      long end = System.nanoTime() + 4_000_000_000L;
      while (System.nanoTime() < end) backend.queue().submit(step, one);
      double[] t = new double[60];
      for (int i = 0; i < t.length; i++) { long s = System.nanoTime(); backend.queue().submit(step, one); t[i] = (System.nanoTime() - s) / 1e6; }
      Arrays.sort(t);
      double bytes = 2.0 * depth * kv * dim * 4 * layers * reps;
      System.out.printf("%d threads, depth %d, page %d, %d layers x %d: %.2f ms (%.2f to %.2f), %.1f GB/s%n", threads, depth, page, layers, reps, t[30], t[0], t[59], bytes / t[30] / 1e6);
    }
  }
  static StepBatch batch(int position, int tokens, int blocks, int page) {
    StepBatch b = new StepBatch(32, 1, blocks);
    for (int i = 0; i < blocks; i++) b.setBlock(0, i, i);
    for (int i = 0; i < tokens; i++) b.add(0, 0, position + i, 0);
    return b;
  }
}
