package org.ryzanstein.server.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.ryzanstein.loader.Ryzanstein;
import org.ryzanstein.loader.engine.Engine;
import org.ryzanstein.loader.engine.EngineOptions;

class BenchTest {
    @TempDir
    private Path folder;

    private static ObjectNode object() {
        return JsonNodeFactory.instance.objectNode();
    }

    @Test
    void theMedianOfAnEvenNumberIsTheMeanOfTheMiddle() {
        Samples odd = new Samples(new double[] {3, 1, 2});
        Samples even = new Samples(new double[] {4, 1, 2, 8});
        assertThat(odd.median()).isEqualTo(2);
        assertThat(even.median()).isEqualTo(3);
        assertThat(even.min()).isEqualTo(1);
        assertThat(even.max()).isEqualTo(8);
        assertThat(even.values()).containsExactly(4, 1, 2, 8);
        assertThatThrownBy(() -> new Samples(new double[0])).hasMessage("no samples");
    }

    private static BenchReport report() {
        Result measured = new Result(
                Suite.MODEL,
                "tg32",
                "scalar",
                2,
                new Samples(new double[] {10, 12, 11.123456789}),
                OptionalDouble.of(1e6),
                OptionalDouble.of(0.25),
                OptionalDouble.of(0),
                OptionalLong.of(2_000_000_000L),
                Map.of("extra", 1));
        Result unknown = new Result(
                Suite.THREADS,
                "pp128",
                "scalar",
                1,
                new Samples(new double[] {200}),
                OptionalDouble.empty(),
                OptionalDouble.empty(),
                OptionalDouble.empty(),
                OptionalLong.empty(),
                Map.of());
        return new BenchReport(
                object().put("cpu", "a CPU"),
                object().put("version", "25"),
                object().put("name", "a model"),
                "0123abc",
                List.of(new BenchReport.Bandwidth(
                        2,
                        1_000_000,
                        "4 KB",
                        new Samples(new double[] {3e10, 2e10}),
                        Optional.of(new Samples(new double[] {400, 80})))),
                List.of(measured, unknown));
    }

    @Test
    void theJsonIsAsDocumented() {
        assertThat(report().json()).hasToString("""
                {"machine":{"cpu":"a CPU"},"jvm":{"version":"25"},"model":{"name":"a model"},"commit":"0123abc",\
                "bandwidth":{"bytes_per_second":2.5E10,"measurements":[{"threads":2,"bytes":1000000,"pages":"4 KB",\
                "bytes_per_second":{"median":2.5E10,"min":2.0E10,"max":3.0E10,"samples":[3.0E10,2.0E10]},\
                "line_trip_ns":{"median":240.0,"min":80.0,"max":400.0,"samples":[400.0,80.0]}}]},\
                "results":[{"suite":"model","test":"tg32","backend":"scalar","threads":2,"ranks":1,\
                "tokens_per_second":{"median":11.12346,"min":10.0,"max":12.0,"samples":[10.0,12.0,11.12346]},\
                "bytes_per_token":1000000.0,"bandwidth_share":0.25,"allocated_bytes_per_token":0.0,\
                "peak_rss_bytes":2000000000,"extra":1},\
                {"suite":"threads","test":"pp128","backend":"scalar","threads":1,"ranks":1,\
                "tokens_per_second":{"median":200.0,"min":200.0,"max":200.0,"samples":[200.0]},\
                "bytes_per_token":null,"bandwidth_share":null,"allocated_bytes_per_token":null,"peak_rss_bytes":null}]}""");
        assertThat(BenchReport.text(report().json())).contains("\"commit\" : \"0123abc\"");
    }

    @Test
    void theTableShowsEachResult() {
        List<String> lines = ResultTable.of(report().json()).lines().toList();
        assertThat(lines.get(2)).contains("| model ", "| scalar ", "| tg32 ", "| 11.12 ", "25.0 %", "2.00 GB");
        assertThat(lines.get(3)).contains("| 200.0 ", "| pp128");
        assertThat(lines)
                .last()
                .asString()
                .isEqualTo(
                        "read bandwidth, 2 threads, 1.0 MB on 4 KB pages: 25.0 GB/s (20.0 to 30.0); a cache line from one"
                                + " processor to another and back: 240 ns (80 to 400)");
        assertThat(lines.subList(0, 4))
                .extracting(String::length)
                .containsOnly(lines.getFirst().length());
    }

    @Test
    void measuresTheEmbeddedModel() {
        List<String> progress = new ArrayList<>();
        BenchOptions options = new BenchOptions(
                Optional.empty(), Set.of(Suite.MODEL), List.of(4), List.of(2), List.of(1), List.of("scalar"), 1, 0);
        BenchReport report =
                new Bench(options, () -> new LocalWorker(Ryzanstein::open), List.of(), progress::add).run();
        assertThat(report.results()).extracting(Result::test).containsExactly("pp4", "tg2", "tg2-dist");
        assertThat(report.results()).allSatisfy(result -> {
            assertThat(result.backend()).isEqualTo("scalar");
            assertThat(result.tokensPerSecond().median()).isPositive();
            assertThat(result.bandwidthShare().orElseThrow()).isPositive();
            // Two bits for each of 3.1 million weights, which the four tokens of a prefill share, and up to two bytes
            // for
            // each of the head's half a million.
            assertThat(result.bytesPerToken().orElseThrow()).isBetween(2e5, 4e6);
        });
        assertThat(report.model().path("parameters").asLong()).isGreaterThan(3_000_000);
        assertThat(progress).contains("warming up scalar, 1 thread, pp4");
    }

    @Test
    void measuresDecodingAtADepth() {
        BenchOptions options = new BenchOptions(
                Optional.empty(),
                Set.of(Suite.MODEL),
                List.of(),
                List.of(2),
                List.of(0, 40),
                List.of(1),
                List.of("scalar"),
                1,
                0);
        BenchReport report =
                new Bench(options, () -> new LocalWorker(Ryzanstein::open), List.of(), progress -> {}).run();
        assertThat(report.results()).extracting(Result::test).containsExactly("tg2", "tg2-dist", "tg2 @ d40");
        double shallow = report.results().getFirst().bytesPerToken().orElseThrow();
        double deep = report.results().getLast().bytesPerToken().orElseThrow();
        assertThat(report.results().getLast().tokensPerSecond().median()).isPositive();
        try (Engine engine = Ryzanstein.open(EngineOptions.defaults())) {
            assertThat(deep - shallow).isEqualTo(40.0 * engine.traffic().kvBytesPerPosition());
        }
        assertThatThrownBy(() -> new BenchOptions(
                        Optional.empty(), Set.of(), List.of(), List.of(), List.of(-1), List.of(), List.of(), 1, 0))
                .hasMessage("depth: found -1, expected 0 to 1000000");
    }

    @Test
    void readsMemoryInEveryNumberOfThreads() {
        for (int threads : new int[] {1, 3}) {
            ReadLoop loop = new ReadLoop(Arena.ofAuto().allocate(100_000, Long.BYTES), threads);
            assertThat(loop.bytes()).isBetween(90_000L, 100_000L);
            assertThat(loop.measure()).isPositive();
        }
        assertThatThrownBy(() -> new ReadLoop(Arena.ofAuto().allocate(8), 2)).hasMessageContaining("8 bytes");
    }

    @Test
    void aChildAnswersLineByLine() {
        try (ChildWorker worker = ChildWorker.start(
                List.of("sh", "-c", "read line; echo '{\"heard\":'\"$line\"'}'; read line; echo; exit 3"))) {
            assertThat(worker.ask(object().put("op", "x"))).hasToString("{\"heard\":{\"op\":\"x\"}}");
            assertThatThrownBy(() -> worker.ask(object()))
                    .isInstanceOfSatisfying(
                            BenchException.class, e -> assertThat(e.exitCode()).isEqualTo(3));
        }
    }

    @Test
    void aChildThatEndsSaysWhy() {
        try (ChildWorker worker = ChildWorker.start(List.of("sh", "-c", "echo no such model >&2; exit 4"))) {
            assertThatThrownBy(() -> worker.ask(object().put("op", "open")))
                    .hasMessageContaining("exit code 4")
                    .hasMessageEndingWith("no such model");
        }
        assertThatThrownBy(() -> ChildWorker.start(List.of("/no/such/program")))
                .hasMessage("can't start /no/such/program");
    }

    @Test
    void readsWhatLinuxSays() throws IOException {
        Files.createDirectories(folder.resolve("self"));
        Files.writeString(folder.resolve("self/status"), "Name:\tjava\nVmHWM:\t  2048 kB\nVmHWMx:\t1 kB\n");
        Files.writeString(folder.resolve("self/smaps_rollup"), "AnonHugePages:   10 MB?\n");
        ProcFiles proc = new ProcFiles(folder);
        assertThat(proc.peakResidentBytes()).hasValue(2048 * 1024);
        assertThat(proc.hugePageBytes()).hasValue(10 * 1024);
        assertThat(proc.field("cpuinfo", "flags")).isEmpty();
        assertThat(ModelSubject.pages(OptionalLong.empty(), 1)).isEqualTo("unknown");
        assertThat(ModelSubject.pages(OptionalLong.of(60), 100)).isEqualTo("2 MB");
        assertThat(ModelSubject.pages(OptionalLong.of(10), 100)).isEqualTo("4 KB");
    }

    @Test
    void measuresKernelsAndTheStart() {
        BenchOptions options = new BenchOptions(
                Optional.empty(),
                Set.of(Suite.KERNELS, Suite.STARTUP),
                List.of(3),
                List.of(1),
                List.of(1),
                List.of("scalar"),
                1,
                0);
        ObjectNode report = new Bench(options, () -> new LocalWorker(Ryzanstein::open), List.of(), progress -> {})
                .run()
                .json();
        List<String> tests = report.path("results").findValuesAsText("test");
        assertThat(tests)
                .contains(
                        "plain-double-64x256-t1",
                        "multiply-qkv-512x256-t1",
                        "multiply-down-256x768-t3",
                        "head-best-2048x256-t1",
                        "head-all-2048x256-t1",
                        "attention-2048-t1",
                        "attention-3-t3",
                        "rope-256-t3",
                        "first-token");
        assertThat(report.path("results").findValues("relative_error"))
                .hasSize(10)
                .allSatisfy(error -> assertThat(error.asDouble()).isZero());
        assertThat(ResultTable.of(report)).contains("| w/ns", "| startup |");
        assertThat(Plots.charts(report)).containsOnlyKeys("roofline");
    }

    @Test
    void aShortLookSeesEveryKindOfWeights() {
        KernelProbe.Outcome outcome = KernelProbe.run(Optional.of("scalar"));
        assertThat(outcome.backend()).isEqualTo("scalar");
        assertThat(outcome.kernels())
                .extracting(KernelProbe.Measured::kernel)
                .contains("multiply-ternary-1024x1024-t1", "linear-int8-1024x1024-t64", "linear-f16-1024x1024-t1");
        assertThat(outcome.kernels())
                .allSatisfy(kernel -> assertThat(kernel.speed()).isPositive());
        try (KernelSet set = KernelSet.open(KernelInputs.synthetic(), Optional.of("scalar"), 1, 2)) {
            assertThat(set.cases())
                    .filteredOn(one -> one.weights() > 0 && !one.name().startsWith("plain-double"))
                    .hasSize(8)
                    .allSatisfy(one ->
                            assertThat(one.relativeError()).as(one.name()).isZero());
            assertThatThrownBy(() -> set.find("none")).hasMessageContaining("none");
        }
    }

    private static ObjectNode scalingReport() {
        List<Result> results = new ArrayList<>();
        for (int threads : new int[] {1, 2, 4}) {
            for (String test : new String[] {"pp128", "tg32"}) {
                results.add(new Result(
                        Suite.THREADS,
                        test,
                        "scalar",
                        threads,
                        new Samples(new double[] {10 * threads}),
                        OptionalDouble.of(1000),
                        OptionalDouble.of(0.5),
                        OptionalDouble.of(0),
                        OptionalLong.of(1),
                        Map.of()));
                results.add(new Result(
                        Suite.THREADS,
                        test,
                        "peer <&>",
                        threads,
                        new Samples(new double[] {5 * threads}),
                        OptionalDouble.empty(),
                        OptionalDouble.empty(),
                        OptionalDouble.empty(),
                        OptionalLong.empty(),
                        Map.of()));
            }
        }
        return new BenchReport(
                        object(),
                        object(),
                        object().put("parameters", 4000),
                        "c",
                        List.of(new BenchReport.Bandwidth(
                                1, 10, "4 KB", new Samples(new double[] {3e10}), Optional.empty())),
                        results)
                .json();
    }

    @Test
    void plotsAreWellFormed() throws Exception {
        List<Path> files = new ArrayList<>(Plots.write(scalingReport(), folder.resolve("plots")));
        assertThat(files)
                .extracting(file -> file.getFileName().toString())
                .containsExactly("threads.svg", "backends.svg", "roofline.svg");
        files.addAll(Plots.write(scalingReport(), folder.resolve("all.svg")));
        for (Path file : files) {
            var document = javax.xml.parsers.DocumentBuilderFactory.newInstance()
                    .newDocumentBuilder()
                    .parse(file.toFile());
            assertThat(document.getDocumentElement().getTagName()).isEqualTo("svg");
            assertThat(Files.readString(file)).doesNotContain("NaN", "Infinity");
        }
        assertThatThrownBy(() -> Plots.write(object(), folder)).hasMessageContaining("nothing to draw");
    }

    @Test
    void ratiosStandUnderTheTable() {
        assertThat(ResultTable.of(scalingReport()))
                .contains("pp128, 2 threads: scalar is 2.00 times as fast as peer <&>");
    }

    @Test
    void measuresAPeerInTurn() throws IOException {
        Path script = folder.resolve("peer.sh");
        Files.writeString(script, """
                while read -r line; do
                  case $line in
                    *open*) echo '{"backend": "peer", "load_seconds": 1}' ;;
                    *run*) echo '{"tokens_per_second": 7}' ;;
                    *) echo '{"peak_rss_bytes": 5}' ;;
                  esac
                done
                """);
        BenchOptions options = new BenchOptions(
                Optional.empty(), Set.of(Suite.MODEL), List.of(2), List.of(2), List.of(1), List.of("scalar"), 1, 0);
        ObjectNode report = new Bench(
                        options,
                        () -> new LocalWorker(Ryzanstein::open),
                        List.of(() -> ChildWorker.start(List.of("sh", script.toString()))),
                        progress -> {})
                .run()
                .json();
        assertThat(report.path("results").findValuesAsText("backend"))
                .containsExactly("scalar", "scalar", "scalar", "peer", "peer");
        assertThat(ResultTable.of(report)).contains("times as fast as peer");
    }

    @Test
    void peersNeedTheirJarsAndAFileThatTheyRead() {
        BenchOptions options = new BenchOptions(
                Optional.empty(), Set.of(Suite.MODEL), List.of(2), List.of(2), List.of(1), List.of(), 1, 0);
        assertThatThrownBy(() -> Peers.of(folder.resolve("none"), options, Optional.empty()))
                .hasMessageContaining("--peers");
        assertThatThrownBy(() -> Peers.of(folder, options, Optional.empty())).hasMessageContaining("needs a model");
        BenchOptions hub = new BenchOptions(
                Optional.of(folder), Set.of(Suite.MODEL), List.of(2), List.of(2), List.of(1), List.of(), 1, 0);
        assertThat(Peers.of(folder, hub, Optional.empty())).hasSize(1);
        BenchOptions gguf = new BenchOptions(
                Optional.of(folder.resolve("a.gguf")),
                Set.of(Suite.MODEL),
                List.of(2),
                List.of(2),
                List.of(1),
                List.of(),
                1,
                0);
        assertThat(Peers.of(folder, gguf, Optional.empty())).hasSize(1);
        assertThat(Peers.of(folder, gguf, Optional.of(folder))).hasSize(2);
    }

    @Test
    void refusesUnknownKindsOfTests() {
        assertThatThrownBy(() -> TestKind.of("SING")).hasMessageContaining("SING");
    }
}
