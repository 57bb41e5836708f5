import static org.junit.platform.engine.discovery.DiscoverySelectors.*;

import java.lang.reflect.*;
import java.net.*;
import java.nio.file.*;
import java.util.*;
import jdk.jfr.*;
import jdk.jfr.consumer.*;
import org.junit.platform.engine.discovery.*;
import org.junit.platform.launcher.*;
import org.junit.platform.launcher.core.*;
import org.junit.platform.launcher.listeners.*;
import org.ryzanstein.api.kernel.*;
import org.ryzanstein.loader.format.*;
import org.ryzanstein.loader.model.*;
import org.ryzanstein.loader.parallel.*;
import org.ryzanstein.loader.progress.ProgressListener;
import org.ryzanstein.loader.synthesize.*;

/** AfterOthers2 SEED TESTCLASSES PATTERN|none VARIANTDIR... (a variant dir holds avx2/ and avx512/ class roots) */
public class AfterOthers2 {
    public static void main(String[] args) throws Exception {
        String seed = args[0];
        long start = System.nanoTime();
        if (!args[2].equals("none")) {
            Launcher launcher = LauncherFactory.create();
            var b = LauncherDiscoveryRequestBuilder.request()
                    .selectors(selectClasspathRoots(Set.of(Path.of(args[1]))))
                    .filters(TagFilter.excludeTags("long", "alone"), ClassNameFilter.includeClassNamePatterns(args[2]))
                    .configurationParameter("junit.jupiter.testclass.order.default", "org.junit.jupiter.api.ClassOrderer$Random")
                    .configurationParameter("junit.jupiter.testmethod.order.default", "org.junit.jupiter.api.MethodOrderer$Random")
                    .configurationParameter("junit.jupiter.execution.order.random.seed", seed);
            var s = new SummaryGeneratingListener();
            launcher.execute(b.build(), s);
            System.out.printf("seed %s: %d tests, %d failed, %d s%n", seed, s.getSummary().getTestsStartedCount(),
                    s.getSummary().getTestsFailedCount(), (System.nanoTime() - start) / 1000000000L);
        }
        Path dir = Files.createTempDirectory("models");
        Map<String, Path> models = new LinkedHashMap<>();
        String data = System.getProperty("data") + "/";
        models.put("i2_s", Path.of(data + "bitnet-tiny/bitnet-tiny-i2_s.gguf"));
        models.put("q8_0", Path.of(data + "stories260K/stories260K-q8_0.gguf"));
        models.put("f16", Path.of(data + "stories260K/stories260K-f16.gguf"));
        models.put("q4_k", dir.resolve("q4k.gguf"));
        Synthesizer.write(models.get("q4_k"), Shape.LLAMA_TINY, TensorType.Q4_K, TensorType.Q6_K, 3, ProgressListener.NONE);
        models.put("q4_0", dir.resolve("q40.gguf"));
        Synthesizer.write(models.get("q4_0"), Shape.QWEN3_TINY, TensorType.Q4_0, TensorType.F32, 3, ProgressListener.NONE);
        int rounds = Integer.getInteger("rounds", 12);
        Random random = new Random(Long.parseLong(seed));
        int repeat = Integer.getInteger("repeat", 1);
        Map<String, int[]> tally = new TreeMap<>();
        for (int v = 3; v < args.length; v++) {
          for (int rep = 0; rep < repeat; rep++) {
            List<String> isas = new ArrayList<>(List.of("avx512", "avx2"));
            Collections.shuffle(isas, random);
            for (String isa : isas) {
                Path root = Path.of(args[v], isa);
                if (!Files.isDirectory(root)) continue;
                ClassLoader loader = new ChildFirst(root.toUri().toURL(), "org.ryzanstein.backend." + isa + ".");
                KernelBackendProvider provider = (KernelBackendProvider) loader.loadClass("org.ryzanstein.backend." + isa + "."
                        + (isa.equals("avx2") ? "Avx2" : "Avx512") + "BackendProvider").getConstructor().newInstance();
                List<Map.Entry<String, Path>> order = new ArrayList<>(models.entrySet());
                Collections.shuffle(order, random);
                for (var m : order) {
                    if (System.getProperty("only") != null && !System.getProperty("only").contains(isa + "/" + m.getKey())) continue;
                    start = System.nanoTime();
                    Path file = Files.createTempFile("alloc", ".jfr");
                    String line;
                    boolean bad;
                    try (Recording r = new Recording()) {
                        r.enable("jdk.ObjectAllocationSample").with("throttle", "1000/s").withStackTrace();
                        r.start();
                        long[] got = decode(m.getValue(), provider, rounds);
                        r.stop();
                        long min = Arrays.stream(got).min().getAsLong();
                        int firstFree = -1;
                        for (int i = got.length - 1; i >= 0; i--) if (got[i] == 0) firstFree = i;
                        bad = min > 0;
                        line = String.format("%s %s %s: %s, first free round %d, %.1f s %s", Path.of(args[v]).getFileName(), isa, m.getKey(),
                                bad ? "GARBAGE " + got[got.length - 1] / 200 + " bytes a token" : "clean", firstFree, (System.nanoTime() - start) / 1e9, Arrays.toString(got));
                        r.dump(file);
                    }
                    int[] t = tally.computeIfAbsent(Path.of(args[v]).getFileName() + " " + isa + " " + m.getKey(), k -> new int[2]);
                    t[0]++;
                    if (bad) t[1]++;
                    if (bad || Boolean.getBoolean("verbose")) System.out.println(rep + " " + line);
                    if (bad) report(file);
                    Files.delete(file);
                }
            }
          }
        }
        tally.forEach((k, t) -> System.out.println(k + ": " + t[1] + " of " + t[0] + " with garbage"));
    }

    static final class ChildFirst extends URLClassLoader {
        private final String prefix;
        ChildFirst(URL url, String prefix) { super(new URL[] {url}, AfterOthers2.class.getClassLoader()); this.prefix = prefix; }
        @Override protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
            synchronized (getClassLoadingLock(name)) {
                Class<?> c = findLoadedClass(name);
                if (c == null) c = name.startsWith(prefix) ? findClass(name) : super.loadClass(name, false);
                return c;
            }
        }
    }

    static void report(Path file) throws Exception {
        Map<String, Long> bytes = new HashMap<>();
        try (RecordingFile rf = new RecordingFile(file)) {
            while (rf.hasMoreEvents()) {
                RecordedEvent e = rf.readEvent();
                if (e.getStackTrace() == null) continue;
                StringBuilder t = new StringBuilder(e.getClass("objectClass").getName());
                int n = 0;
                for (RecordedFrame f : e.getStackTrace().getFrames()) {
                    String type = f.getMethod().getType().getName();
                    String s = type.substring(type.lastIndexOf('.') + 1);
                    if (n == 0 && !type.startsWith("org.ryzanstein.backend")) {
                        if (t.length() < 400) t.append(" ").append(s).append('.').append(f.getMethod().getName()).append(':').append(f.getLineNumber());
                        continue;
                    }
                    t.append(" < ").append(s).append('.').append(f.getMethod().getName()).append(':').append(f.getLineNumber()).append('[').append(f.getType()).append(']');
                    if (++n == 2) break;
                }
                if (n > 0) bytes.merge(t.toString(), e.getLong("weight"), Long::sum);
            }
        }
        bytes.entrySet().stream().sorted((a, b) -> Long.compare(b.getValue(), a.getValue())).limit(6)
                .forEach(e -> System.out.println("    " + e.getValue() + " bytes of " + e.getKey()));
    }

    static long[] decode(Path path, KernelBackendProvider provider, int rounds) throws Exception {
        int tokens = 200;
        try (SpinParkTeam team = new SpinParkTeam(1); KernelBackend backend = provider.open(team); ModelFile file = ModelFile.open(path)) {
            Hyperparameters shape = file.hyperparameters();
            int blocks = ModelLimits.blocksFor(tokens);
            ModelLimits limits = new ModelLimits(1, 1, 4, tokens, blocks);
            Model model = Architectures.load(file, shape, Placement.alone(Architectures.sizes(shape)), backend, limits, packed -> {});
            PreparedStep step = backend.prepare(new StepShape(1, 1), model::forward);
            StepBatch batch = new StepBatch(1, 1, blocks);
            for (int i = 0; i < blocks; i++) batch.setBlock(0, i, i);
            float[] logits = new float[shape.vocabularySize()];
            var bean = (com.sun.management.ThreadMXBean) java.lang.management.ManagementFactory.getThreadMXBean();
            long[] out = new long[rounds];
            for (int r = 0; r < rounds; r++) {
                long before = bean.getCurrentThreadAllocatedBytes();
                int token = 1;
                for (int position = 0; position < tokens; position++) {
                    boolean all = position % 2 == 0;
                    batch.clear();
                    batch.add(token, 0, position, all ? StepBatch.DISTRIBUTION : 4);
                    backend.queue().submit(step, batch);
                    backend.queue().await();
                    HeadOutput output = model.output();
                    if (all) { output.copyLogits(0, logits); token = (Float.floatToRawIntBits(logits[token]) & Integer.MAX_VALUE) % logits.length; }
                    else token = output.id(0, position % output.count(0));
                }
                out[r] = bean.getCurrentThreadAllocatedBytes() - before;
                if (out[r] == 0) return Arrays.copyOf(out, r + 1);
            }
            return out;
        }
    }
}
