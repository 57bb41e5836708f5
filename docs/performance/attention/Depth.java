import java.lang.foreign.MemorySegment;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.util.*;
import org.ryzanstein.api.kernel.*;
import org.ryzanstein.loader.parallel.SpinParkTeam;

/** Attention of one token at some depths through the kernel SPI, 30 layers of the 2B shape, one thread; with {@code sweep} other memory is read before each layer. */
public class Depth {
  static volatile long sink;
  static MemorySegment big;
  static long[] sweepAt = {0};
  static void sweep(long bytes) {
    long s = 0; long base = sweepAt[0];
    if (base + bytes > big.byteSize()) base = 0;
    for (long i = 0; i < bytes; i += 8) s += big.get(ValueLayout.JAVA_LONG, base + i);
    sweepAt[0] = base + bytes; sink = s;
  }
  public static void main(String[] a) throws Exception {
    String name = a[0]; int page = Integer.parseInt(a[1]);
    int layers = 30, kvHeads = 5, heads = 20, dim = 128;
    big = Arena.global().allocate(1L << 30, 4096); big.fill((byte)1);
    SpinParkTeam team = new SpinParkTeam(1);
    KernelBackend backend = KernelBackends.choose(Optional.of(name)).provider().open(team);
    int longest = 4096;
    KvCache cache = backend.allocateKv(new KvSpec(layers, kvHeads, dim, longest / page, page, KvType.FLOAT32));
    Random r = new Random(1);
    float[] v = new float[page * kvHeads * dim]; for (int i = 0; i < v.length; i++) v[i] = r.nextFloat() - .5f;
    Buffer stored = backend.allocate(ElementType.FLOAT32, RowSet.TOKENS, page, kvHeads * dim);
    backend.queue().upload(MemorySegment.ofArray(v), stored, page);
    StepBatch fill = new StepBatch(page, 1, longest / page);
    PreparedStep filler = backend.prepare(new StepShape(page, 1), ops -> { for (int l = 0; l < layers; l++) ops.storeKv(cache, l, stored, stored); });
    for (int b = 0; b < longest / page; b++) {
      fill.clear(); for (int i = 0; i < longest / page; i++) fill.setBlock(0, i, i);
      for (int i = 0; i < page; i++) fill.add(0, 0, b * page + i, 0);
      backend.queue().submit(filler, fill); backend.queue().await();
    }
    Buffer q = backend.allocate(ElementType.FLOAT32, RowSet.TOKENS, 1, heads * dim);
    backend.queue().upload(MemorySegment.ofArray(Arrays.copyOf(v, heads * dim)), q, 1);
    Buffer out = backend.allocate(ElementType.FLOAT32, RowSet.TOKENS, 1, heads * dim);
    int[] kv = new int[heads]; for (int h = 0; h < heads; h++) kv[h] = h / 4;
    for (long sweepBytes : new long[] {0, 20L << 20}) {
      long[] t = new long[2 * layers];
      PreparedStep step = backend.prepare(new StepShape(1, 1), ops -> {
        for (int l = 0; l < layers; l++) { int n = l;
          ops.call(x -> { if (sweepBytes > 0) sweep(sweepBytes); t[2 * n] = System.nanoTime(); });
          ops.attention(cache, l, q, kv, 0.088f, out);
          ops.call(x -> t[2 * n + 1] = System.nanoTime());
        } });
      StepBatch batch = new StepBatch(1, 1, longest / page);
      for (int pos : new int[] {0, 15, 44, 104, 164, 255, 511, 1023, 4095}) {
        int rounds = sweepBytes > 0 ? 60 : 3000 / (1 + pos / 200); long[] all = new long[rounds];
        for (int round = 0; round < rounds; round++) {
          batch.clear(); for (int i = 0; i < longest / page; i++) batch.setBlock(0, i, i);
          batch.add(0, 0, pos, 0);
          backend.queue().submit(step, batch); backend.queue().await();
          for (int l = 0; l < layers; l++) all[round] += t[2 * l + 1] - t[2 * l];
        }
        Arrays.sort(all, rounds / 2, rounds);
        double us = all[rounds / 2 + rounds / 4] / 1e3;
        double mb = (pos + 1) * layers * 2.0 * kvHeads * dim * 4 / 1e6;
        System.out.printf("%s page %d sweep %d pos %d: %.1f us a step, %.2f us a layer, %.1f MB, %.1f GB/s%n", name, page, sweepBytes >> 20, pos, us, us / layers, mb, mb / us * 1e3);
      }
    }
  }
}
