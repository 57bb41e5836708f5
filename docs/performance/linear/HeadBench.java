import java.util.*;
import org.ryzanstein.api.kernel.*;
import org.ryzanstein.api.weight.*;
import org.ryzanstein.loader.parallel.SpinParkTeam;
/** HeadBench ROWS COLUMNS THREADS */
public class HeadBench {
  public static void main(String[] a) throws Exception {
    int rows = Integer.parseInt(a[0]), cols = Integer.parseInt(a[1]), threads = Integer.parseInt(a[2]);
    try (SpinParkTeam team = new SpinParkTeam(threads)) {
      KernelBackend be = ((KernelBackendProvider) Class.forName("org.ryzanstein.backend.avx512.Avx512BackendProvider").getConstructor().newInstance()).open(team);
      long t0=System.nanoTime();
      MatrixWeights w = be.packMatrix(LinBench.source("F16", rows, cols), EnumSet.of(MatrixUse.HEAD, MatrixUse.EMBEDDING));
      System.out.printf("F16 head %d x %d, %d threads, packed in %.2f s, %.1f MB with its eight-bit copy%n", rows, cols, threads, (System.nanoTime()-t0)/1e9, w.bytes()/1e6);
      Buffer in = be.allocate(ElementType.FLOAT32, RowSet.OUTPUTS, 1, cols);
      float[] data = new float[cols]; Random r = new Random(3); for (int i = 0; i < cols; i++) data[i] = (float) r.nextGaussian();
      be.queue().upload(java.lang.foreign.MemorySegment.ofArray(data), in, 1);
      HeadOutput out = be.allocateHead(1, rows, 64);
      PreparedStep step = be.prepare(new StepShape(1, 1), rec -> rec.head(in, w, 0, out));
      var mx = (com.sun.management.ThreadMXBean) java.lang.management.ManagementFactory.getThreadMXBean();
      for (int rep = 0; rep < 2; rep++) for (int wanted : new int[] {1, 40, -1}) {
        StepBatch batch = new StepBatch(1, 1, 1); batch.add(0, 0, 0, wanted);
        long end = System.nanoTime() + 3_000_000_000L; int n = 0; double[] times = new double[100000]; long alloc=0;
        while (System.nanoTime() < end) { long m=mx.getThreadAllocatedBytes(Thread.currentThread().threadId()); long t = System.nanoTime(); be.queue().submit(step, batch); be.queue().await(); times[n++] = System.nanoTime()-t; alloc=mx.getThreadAllocatedBytes(Thread.currentThread().threadId())-m; }
        double[] s = Arrays.copyOfRange(times, n/2, n); Arrays.sort(s);
        System.out.printf("  %-18s median %.2f ms, min %.2f, max %.2f; allocated %d B%n", wanted<0?"distribution":"best "+wanted, s[s.length/2]/1e6, s[0]/1e6, s[s.length-1]/1e6, alloc);
      }
    }
  }
}
