import java.util.*;
import java.util.function.*;
import org.ryzanstein.api.kernel.*;
import org.ryzanstein.api.weight.*;
import org.ryzanstein.api.weight.WeightSource.*;
import org.ryzanstein.api.weight.BlockForm.Parts;
import org.ryzanstein.loader.parallel.SpinParkTeam;

/** LinBench BACKEND KIND ROWS COLUMNS COPIES THREADS TOKENS... */
public class LinBench {
  static WeightSource source(String kind, int rows, int cols) {
    switch (kind) {
      case "F32", "F16", "BF16" -> {
        FloatFormat f = kind.equals("F32") ? FloatFormat.FLOAT32 : kind.equals("F16") ? FloatFormat.FLOAT16 : FloatFormat.BFLOAT16;
        return new Floats() {
          public String name() { return kind; } public int rows() { return rows; } public int columns() { return cols; } public FloatFormat format() { return f; }
          public void readFloats(int row, float[] d, int o) { long s = row * 77777L + 1; for (int i = 0; i < cols; i++) { s = s*6364136223846793005L+1442695040888963407L; d[o+i] = Float.float16ToFloat(Float.floatToFloat16(((s>>>40)-(1<<23))*0x1p-28f)); if (f==FloatFormat.BFLOAT16) d[o+i]=Float.intBitsToFloat(Float.floatToRawIntBits(d[o+i])&0xffff0000);} }
        };
      }
      default -> {
        BlockForm form = switch (kind) {
          case "Q8_0" -> new BlockForm(-128, 127, Parts.NONE, Parts.NONE);
          case "Q4_0" -> new BlockForm(-8, 7, Parts.NONE, Parts.NONE);
          case "Q4_K" -> new BlockForm(0, 15, Parts.BLOCK, Parts.BLOCK);
          case "Q6_K" -> new BlockForm(-32, 31, Parts.HALF, Parts.NONE);
          default -> throw new IllegalArgumentException(kind);
        };
        return new Blocks() {
          public String name() { return kind; } public int rows() { return rows; } public int columns() { return cols; } public BlockForm form() { return form; }
          public void readBlocks(int row, BlockRow b) { long s = row * 77777L + 1; byte[] q = b.quants(); int n = form.highest()-form.lowest()+1; for (int i = 0; i < cols; i++) { s = s*6364136223846793005L+1442695040888963407L; q[i] = (byte)(form.lowest() + (int)((s>>>40) % n)); } Arrays.fill(b.scales(), 0.01f*0+0.0078125f); if (form.hasMinima()) Arrays.fill(b.minima(), 0.0078125f); }
        };
      }
    }
  }
  public static void main(String[] a) throws Exception {
    String kind = a[1]; int rows = Integer.parseInt(a[2]), cols = Integer.parseInt(a[3]), copies = Integer.parseInt(a[4]), threads = Integer.parseInt(a[5]);
    try (SpinParkTeam team = new SpinParkTeam(threads)) {
      KernelBackend be = (a[0].equals("scalar") ? (KernelBackendProvider) Class.forName("org.ryzanstein.backend.scalar.ScalarBackendProvider").getConstructor().newInstance() : (KernelBackendProvider) Class.forName("org.ryzanstein.backend.avx512.Avx512BackendProvider").getConstructor().newInstance()).open(team);
      MatrixWeights[] w = new MatrixWeights[copies]; long bytes = 0;
      long t0 = System.nanoTime();
      for (int i = 0; i < copies; i++) { w[i] = be.packMatrix(source(kind, rows, cols), EnumSet.of(MatrixUse.LINEAR)); bytes += w[i].bytes(); }
      System.out.printf("%s %s x%d: packed %.1f MB in %.2f s, %.3f bits a weight%n", a[0], kind, copies, bytes/1e6, (System.nanoTime()-t0)/1e9, bytes*8.0/((long)rows*cols*copies));
      var mx = (com.sun.management.ThreadMXBean) java.lang.management.ManagementFactory.getThreadMXBean();
      for (int x = 6; x < a.length; x++) {
        int tokens = Integer.parseInt(a[x]);
        Buffer in = be.allocate(ElementType.FLOAT32, RowSet.TOKENS, tokens, cols), out = be.allocate(ElementType.FLOAT32, RowSet.TOKENS, tokens, rows);
        float[] data = new float[tokens*cols]; Random r = new Random(3); for (int i = 0; i < data.length; i++) data[i] = (float) r.nextGaussian();
        be.queue().upload(java.lang.foreign.MemorySegment.ofArray(data), in, tokens);
        StepBatch batch = new StepBatch(tokens, 1, 1); for (int i = 0; i < tokens; i++) batch.add(0, 0, i, 0);
        PreparedStep step = be.prepare(new StepShape(tokens, 1), rec -> { for (MatrixWeights m : w) rec.linear(in, m, out); });
        long end = System.nanoTime() + 2_500_000_000L; int n = 0;
        double[] times = new double[100000];
        long alloc = 0;
        while (System.nanoTime() < end) { long m = mx.getThreadAllocatedBytes(Thread.currentThread().threadId()); long t = System.nanoTime(); be.queue().submit(step, batch); be.queue().await(); times[n++] = System.nanoTime()-t; alloc = mx.getThreadAllocatedBytes(Thread.currentThread().threadId())-m; }
        double[] s = Arrays.copyOfRange(times, n/2, n); Arrays.sort(s);
        double best = s[0], med = s[s.length/2]; double macs = (double)rows*cols*copies*tokens;
        System.out.printf("  tokens %4d: median %.3f ms, best %.3f ms; %.1f MAC/ns, %.1f GB/s (median), alloc last run %d B, runs %d%n", tokens, med/1e6, best/1e6, macs/med, bytes/med, alloc, n);
      }
    }
  }
}
