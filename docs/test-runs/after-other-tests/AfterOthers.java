import static org.junit.platform.engine.discovery.DiscoverySelectors.*;

import java.io.PrintWriter;
import java.nio.file.*;
import java.util.*;
import jdk.jfr.*;
import jdk.jfr.consumer.*;
import org.junit.platform.launcher.*;
import org.junit.platform.launcher.core.*;
import org.junit.platform.launcher.listeners.*;

/** AfterOthers SEED TESTCLASSES [noothers] */
public class AfterOthers {
    public static void main(String[] args) throws Exception {
        String seed = args[0];
        Launcher launcher = LauncherFactory.create();
        long start = System.nanoTime();
        if (args.length < 3) {
            var b = LauncherDiscoveryRequestBuilder.request()
                    .selectors(selectClasspathRoots(Set.of(Path.of(args[1]))))
                    .filters(TagFilter.excludeTags("long", "alone"))
                    .configurationParameter("junit.jupiter.testclass.order.default", "org.junit.jupiter.api.ClassOrderer$Random")
                    .configurationParameter("junit.jupiter.testmethod.order.default", "org.junit.jupiter.api.MethodOrderer$Random")
                    .configurationParameter("junit.jupiter.execution.order.random.seed", seed);
            var s = new SummaryGeneratingListener();
            launcher.execute(b.build(), s);
            System.out.printf("seed %s: %d tests, %d failed, %d s%n", seed, s.getSummary().getTestsStartedCount(),
                    s.getSummary().getTestsFailedCount(), (System.nanoTime() - start) / 1000000000L);
        }
        Path file = Files.createTempFile("alloc", ".jfr");
        start = System.nanoTime();
        try (Recording r = new Recording()) {
            r.enable("jdk.ObjectAllocationSample").with("throttle", "2000/s").withStackTrace();
            r.enable("jdk.Deoptimization").withStackTrace();
            r.start();
            var s = new SummaryGeneratingListener();
            launcher.execute(LauncherDiscoveryRequestBuilder.request()
                    .selectors(selectClass("org.ryzanstein.loader.model.DecodeAllocationTest")).build(), s);
            r.stop();
            for (var f : s.getSummary().getFailures()) {
                String m = String.valueOf(f.getException().getMessage());
                System.out.println("FAILED " + m.strip().substring(0, Math.min(300, m.strip().length())));
            }
            System.out.printf("allocation: %d tests, %d failed, %d s%n", s.getSummary().getTestsStartedCount(),
                    s.getSummary().getTestsFailedCount(), (System.nanoTime() - start) / 1000000000L);
            r.dump(file);
        }
        Map<String, Long> bytes = new HashMap<>();
        Map<String, Integer> deopts = new TreeMap<>();
        try (RecordingFile rf = new RecordingFile(file)) {
            while (rf.hasMoreEvents()) {
                RecordedEvent e = rf.readEvent();
                if (e.getStackTrace() == null) continue;
                if (e.getEventType().getName().equals("jdk.Deoptimization")) {
                    RecordedFrame f = e.getStackTrace().getFrames().get(0);
                    boolean ours = e.getStackTrace().getFrames().stream().anyMatch(x -> x.getMethod().getType().getName().contains("backend.avx"));
                    if (ours) deopts.merge(e.getString("reason") + " " + f.getMethod().getType().getName() + "." + f.getMethod().getName() + ":" + e.getInt("bci"), 1, Integer::sum);
                    continue;
                }
                StringBuilder t = new StringBuilder(e.getClass("objectClass").getName());
                int n = 0;
                for (RecordedFrame f : e.getStackTrace().getFrames()) {
                    String type = f.getMethod().getType().getName();
                    if (n == 0 && !type.startsWith("org.ryzanstein.backend")) {
                        if (t.length() < 400) t.append(" ").append(type.substring(type.lastIndexOf('.') + 1)).append('.').append(f.getMethod().getName()).append(':').append(f.getLineNumber());
                        continue;
                    }
                    t.append(" < ").append(type.substring("org.ryzanstein.".length() < type.length() ? type.lastIndexOf('.', type.lastIndexOf('.') - 1) + 1 : 0)).append('.')
                            .append(f.getMethod().getName()).append(':').append(f.getLineNumber()).append('[').append(f.getType()).append(']');
                    if (++n == 3) break;
                }
                if (n > 0) bytes.merge(t.toString(), e.getLong("weight"), Long::sum);
            }
        }
        bytes.entrySet().stream().sorted((a, b) -> Long.compare(b.getValue(), a.getValue())).limit(25)
                .forEach(e -> System.out.println(e.getValue() + " bytes of " + e.getKey()));
        System.out.println("deoptimizations in kernels: " + deopts);
        Files.delete(file);
    }
}
