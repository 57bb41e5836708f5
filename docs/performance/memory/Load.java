import java.nio.file.*;
import java.util.*;
import org.ryzanstein.loader.engine.*;
public class Load {
    static long t0;
    static void p(String s) throws Exception {
        String rss="";
        for (String l : Files.readAllLines(Path.of("/proc/self/status"))) if (l.matches("(VmHWM|VmRSS|RssAnon|RssFile|RssShmem).*")) rss += " " + l.replaceAll("\\s+"," ");
        String[] st = Files.readString(Path.of("/proc/self/stat")).split("\\) ")[1].split(" ");
        System.out.printf("%6.2f s  user %.2f sys %.2f minflt %s  %-28s %s%n", (System.currentTimeMillis()-t0)/1e3, Long.parseLong(st[11])/100.0, Long.parseLong(st[12])/100.0, st[7], s, rss);
    }
    public static void main(String[] a) throws Exception {
        t0 = ProcessHandle.current().info().startInstant().get().toEpochMilli();
        p("main");
        int threads = Integer.getInteger("threads", 2);
        long[] last = {0};
        EngineOptions o = EngineOptions.defaults().withThreads(threads).withContextLength(Integer.getInteger("context", 1024)).withProgress((s, d, t) -> {
            try { if (d == 0 || d - last[0] > t / 8 || d == t) { last[0] = d; p("packed " + d * 100 / t + "%"); } } catch (Exception e) { throw new RuntimeException(e); } });
        if (a.length > 0) o = o.withModel(Path.of(a[0]));
        Engine e = EngineLoader.open(o);
        p("open");
        int n = Integer.getInteger("n", 1);
        for (int r = 0; r < Integer.getInteger("reps", 2); r++) {
            int[] prompt = new SplittableRandom(r).ints(8, 0, 500).toArray();
            GenerationResult g = e.submit(GenerationRequest.greedy(prompt, n).withIgnoreEndOfGeneration(true), GenerationListener.NONE).await();
            p("generated");
        }
        if (Boolean.getBoolean("dist")) {
            for (int r = 0; r < 3; r++) {
            int[] prompt = new SplittableRandom(r).ints(1, 0, 500).toArray();
            GenerationResult g = e.submit(GenerationRequest.greedy(prompt, 17).withLogits(0, (q, l) -> {}).withIgnoreEndOfGeneration(true), GenerationListener.NONE).await();
            p("dist " + 16e9 / g.timings().decodeNanos());
            }
        }
        Runtime rt = Runtime.getRuntime();
        System.out.printf("heap used %d committed %d MB%n", (rt.totalMemory()-rt.freeMemory())>>20, rt.totalMemory()>>20);
        for (var gc : java.lang.management.ManagementFactory.getGarbageCollectorMXBeans()) System.out.println(gc.getName()+" "+gc.getCollectionCount()+" "+gc.getCollectionTime()+" ms");
        if (Boolean.getBoolean("smaps")) { for (String l : Files.readAllLines(Path.of("/proc/self/smaps_rollup"))) System.out.println(l); }
        if (Boolean.getBoolean("histo")) { Process q = new ProcessBuilder("/usr/lib/jvm/temurin-25-jdk-amd64/bin/jcmd", ""+ProcessHandle.current().pid(), "GC.class_histogram").redirectErrorStream(true).start(); q.inputReader().lines().limit(25).forEach(System.out::println); q.destroy(); }
        e.close();
    }
}
