package org.ryzanstein.loader.hostile;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.ryzanstein.loader.format.AllocationMeter;
import org.ryzanstein.loader.format.ModelFormatException;
import org.ryzanstein.loader.template.TemplateException;

/**
 * Feeds mutants to a {@link Target}. Each must be used without a failure, or be refused by the reader's own exception with a
 * message that names file, field, what was found and what was expected; within bounds of time and of allocated bytes. A
 * mutant is a function of its number, so that one can be repeated alone.
 */
final class Fuzzer {
    /** {@code FILE: FIELD: found X, expected Y}; the contents of files may stand in field and found. */
    private static final Pattern REFUSAL =
            Pattern.compile("(?<file>[^:]+): (?<field>.+?): found (?<found>.+), expected (?<expected>.+)");

    private static final Pattern TEMPLATE_REFUSAL = Pattern.compile("template .+, line [1-9]\\d*: .+", Pattern.DOTALL);
    /** Parts of messages that differ from file to file. */
    private static final Pattern VARIABLE =
            Pattern.compile("\"[^\"]*\"|\\[[^\\]]*\\]|-?\\d[\\d_]*(\\.\\d+)?(E-?\\d+)?|/\\S+");

    private static final String USED = "used";

    private final Target target;
    private final Path folder;
    private final AllocationMeter meter;
    private final Map<String, byte[]> written = new HashMap<>();
    private final Map<String, Integer> sites = new TreeMap<>();
    private int early;
    private int mutants;
    private long slowest;
    private long mostBytes;

    Fuzzer(Target target, Path folder) {
        this.target = target;
        this.folder = folder;
        try {
            meter = new AllocationMeter();
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Reads all seeds, which must be good, and then so many mutants. */
    void run(int count) throws IOException {
        List<Mutant> seeds = target.seeds();
        for (Mutant seed : seeds) {
            // Twice: the first time loads classes, which counts as allocation.
            target.use(write(seed));
            assertThat(check(seed)).as(seed.what()).isEqualTo(USED);
        }
        sites.clear();
        for (int i = 0; i < count; i++) {
            SplittableRandom random = new SplittableRandom(i * 0x9E3779B97F4A7C15L + 17);
            Mutant seed = seeds.get(i % seeds.size());
            check(target.mutate(new Mutant(target.name() + " " + i + ", " + seed.what(), seed.files()), random));
        }
        mutants = count;
    }

    /** At least half of the mutants got past magic and counts, to many different places, and some were good. */
    void requireDepth(int fewestSites) {
        assertThat(early).as("%s: refused at once", target.name()).isLessThanOrEqualTo(mutants / 2);
        assertThat(sites).as(target.name()).hasSizeGreaterThanOrEqualTo(fewestSites);
        assertThat(sites).as(target.name()).containsKey(USED);
    }

    private String check(Mutant mutant) throws IOException {
        write(mutant);
        long size = mutant.size();
        long bytes = bytes();
        long start = nanoseconds();
        RuntimeException refusal = null;
        try {
            target.use(folder);
        } catch (ModelFormatException | TemplateException expected) {
            refusal = expected;
        } catch (RuntimeException | Error crash) {
            throw new AssertionError(mutant.what() + ": " + crash, crash);
        }
        long time = nanoseconds() - start;
        long allocated = bytes() - bytes;
        String site = refusal == null ? USED : site(mutant, refusal);
        Target.Bounds bounds = target.bounds();
        assertThat(time).as("nanoseconds for %s", mutant.what()).isLessThan(bounds.nanoseconds());
        assertThat(allocated)
                .as("bytes for %s, %d bytes: %s", mutant.what(), size, site)
                .isLessThan(bounds.bytes(size));
        sites.merge(site, 1, Integer::sum);
        slowest = Math.max(slowest, time);
        mostBytes = Math.max(mostBytes, allocated);
        return site;
    }

    /** Checks a message, and sorts it by the method that refused and what it expected. */
    private String site(Mutant mutant, RuntimeException refusal) {
        String message = String.valueOf(refusal.getMessage());
        assertThat(message.chars().filter(Character::isISOControl).count())
                .as("control characters in the message for %s: %s", mutant.what(), message)
                .isZero();
        assertThat(message.length())
                .as("length of the message for %s: %s", mutant.what(), message)
                .isLessThan(4096);
        if (refusal instanceof TemplateException template) {
            assertThat(message).as(mutant.what()).matches(TEMPLATE_REFUSAL);
            early += target.earlyFields().contains(template.kind().name()) ? 1 : 0;
            return template.kind() + " " + general(template.what());
        }
        String relative = message.startsWith(folder.toString())
                ? "." + message.substring(folder.toString().length())
                : "elsewhere: " + message;
        Matcher matcher = REFUSAL.matcher(relative);
        assertThat(matcher.matches())
                .as("file, field, found and expected for %s: %s", mutant.what(), message)
                .isTrue();
        assertThat(matcher.group("file")).as(mutant.what()).doesNotStartWith("elsewhere");
        early += target.earlyFields().contains(matcher.group("field")) ? 1 : 0;
        return thrower(refusal) + ": expected " + general(matcher.group("expected"));
    }

    private static String general(String text) {
        String general = VARIABLE.matcher(text).replaceAll("#").replaceAll("\\p{Cntrl}", "?");
        return general.length() > 70 ? general.substring(0, 70) + "..." : general;
    }

    /** The class and method that refused: not a helper that only words the message. */
    private static String thrower(RuntimeException refusal) {
        for (StackTraceElement frame : refusal.getStackTrace()) {
            String method = frame.getMethodName();
            boolean helper = frame.getClassName().endsWith("ModelFormatException")
                    || method.startsWith("refus")
                    || method.equals("missing")
                    || method.startsWith("wrong")
                    || method.startsWith("lambda")
                    || frame.getClassName().startsWith("java.");
            if (!helper) {
                String name = frame.getClassName();
                return name.substring(name.lastIndexOf('.') + 1) + "." + method;
            }
        }
        return "unknown";
    }

    private Path write(Mutant mutant) throws IOException {
        for (String name : List.copyOf(written.keySet())) {
            if (!mutant.files().containsKey(name)) {
                Files.delete(folder.resolve(name));
                written.remove(name);
            }
        }
        for (Map.Entry<String, byte[]> file : mutant.files().entrySet()) {
            if (!Arrays.equals(written.get(file.getKey()), file.getValue())) {
                Files.write(folder.resolve(file.getKey()), file.getValue());
                written.put(file.getKey(), file.getValue());
            }
        }
        return folder;
    }

    /** For the histogram. */
    String fileName() {
        return target.name().replace(' ', '-').toLowerCase(Locale.ROOT) + ".txt";
    }

    /** The mutants by what became of them, and what they cost. */
    String histogram() {
        StringBuilder text = new StringBuilder(String.format(
                "%s: %d mutants, %d used, %d refused at %d sites, %d of them at magic, counts or outermost syntax;"
                        + " slowest %d ms of processor time, most allocated %d KiB, all within %d KiB and %d bytes for"
                        + " each of the file's%n",
                target.name(),
                mutants,
                sites.getOrDefault(USED, 0),
                mutants - sites.getOrDefault(USED, 0),
                sites.size() - 1,
                early,
                slowest / 1_000_000,
                mostBytes / 1024,
                target.bounds().bytes() / 1024,
                target.bounds().perByte()));
        sites.entrySet().stream()
                .sorted(Comparator.comparingInt((Map.Entry<String, Integer> site) -> -site.getValue())
                        .thenComparing(Map.Entry::getKey))
                .forEach(site -> text.append(String.format("%6d  %s%n", site.getValue(), site.getKey())));
        return text.toString();
    }

    private long bytes() {
        try {
            return meter.bytes();
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }

    private long nanoseconds() {
        try {
            return meter.nanoseconds();
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }
}
