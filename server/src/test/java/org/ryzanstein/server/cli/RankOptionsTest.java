package org.ryzanstein.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.ryzanstein.loader.cluster.ClusterException;
import org.ryzanstein.loader.cluster.ClusterOptions;
import org.ryzanstein.loader.cluster.ShardPlan;
import org.ryzanstein.loader.engine.EngineOptions;
import org.ryzanstein.server.fake.FakeCluster;
import org.ryzanstein.server.fake.FakeEngine;

/** {@code --ranks}, {@code --plan} and {@code --cluster} of commands that run a model. */
class RankOptionsTest {
    @TempDir
    Path folder;

    private final AtomicReference<EngineOptions> opened = new AtomicReference<>();
    private final Cli cli = new Cli().opening(options -> {
        opened.set(options);
        return new FakeEngine().openedWith(options);
    });

    private int generate(String... arguments) {
        String[] all = new String[arguments.length + 5];
        System.arraycopy(new String[] {"generate", "-p", "x", "-n", "1"}, 0, all, 0, 5);
        System.arraycopy(arguments, 0, all, 5, arguments.length);
        return cli.run(all);
    }

    private ClusterOptions cluster() {
        return opened.get().cluster().orElseThrow();
    }

    @Test
    void runsAloneWithoutThem() {
        assertThat(generate()).isZero();
        assertThat(opened.get().cluster()).isEmpty();
        assertThat(generate("--ranks", "1", "--plan", "all-split")).isZero();
        assertThat(opened.get().cluster()).isEmpty();
    }

    @Test
    void startsProcessesThatShareTheThreads() {
        assertThat(generate("--ranks", "3", "--threads", "2", "--plan", "output-replicated"))
                .isZero();
        assertThat(cluster().ranks()).isEqualTo(3);
        assertThat(cluster().launcher()).isPresent();
        assertThat(cluster().plan()).contains(ShardPlan.OUTPUT_REPLICATED);
        assertThat(cluster().localThreads()).isEqualTo(6);
        assertThat(opened.get().threads()).isEqualTo(2);
        assertThat(cluster().endpoint().address().getAddress().isLoopbackAddress())
                .isTrue();

        assertThat(generate("--ranks", "64")).isZero();
        assertThat(opened.get().threads()).isPositive();
        assertThat(cluster().plan()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "--plan sideways|plan: found sideways, expected one of all-split, output-replicated,"
                        + " attention-replicated",
                "--plan all-split|--plan: found all-split for one rank, expected --ranks or --cluster beside it",
                "--ranks 2 --plan x|plan: found x, expected one of all-split, output-replicated, attention-replicated",
                "--ranks 0|--ranks: found 0, expected 1 to 64",
                "--ranks -1|--ranks: found -1, expected 1 to 64",
                "--ranks 65|--ranks: found 65, expected 1 to 64",
                "--ranks two|'two' is not an int"
            })
    void refusesWhatCannotBeAsWrongUsage(String arguments, String message) {
        assertThat(generate(arguments.split(" "))).isEqualTo(ExitCode.USAGE);
        assertThat(cli.err()).contains(message);
        assertThat(opened.get()).isNull();
    }

    private Path file(String... lines) throws IOException {
        return Files.writeString(folder.resolve("cluster.properties"), String.join("\n", lines));
    }

    @Test
    void leadsRanksOfOtherMachines() throws IOException {
        Path file = file("secret = 0123456789abcdef", "ranks = 3");
        assertThat(generate("--cluster", file.toString(), "--threads", "2")).isZero();
        assertThat(cluster().ranks()).isEqualTo(3);
        assertThat(cluster().launcher()).isEmpty();
        assertThat(cluster().localThreads()).isEqualTo(2);
        assertThat(generate("--cluster", file.toString(), "--ranks", "2")).isZero();
        assertThat(cluster().ranks()).isEqualTo(2);
        assertThat(generate("--cluster", file("secret = 0123456789abcdef").toString()))
                .isZero();
        assertThat(cluster().ranks()).isEqualTo(1);
    }

    @Test
    void failsWithWhatIsWrongWithTheFile() throws IOException {
        Path file = file("secret = 0123456789abcdef", "ranks = many");
        assertThat(generate("--cluster", file.toString())).isEqualTo(ExitCode.FAILED);
        assertThat(cli.err()).contains(file + ": ranks: found many").doesNotContain("\tat ");
    }

    @Test
    void saysWhyNoGroupCameAbout() {
        Cli alone = new Cli().opening(options -> {
            throw new ClusterException("waited 60 s for 1 workers");
        });
        assertThat(alone.run("generate", "-p", "x", "--ranks", "2")).isEqualTo(ExitCode.FAILED);
        assertThat(alone.err()).contains("waited 60 s for 1 workers").doesNotContain("\tat ");
    }

    @Test
    void showsATableOfTheRanks() {
        Cli leading = new Cli().with(new FakeEngine().leading(FakeCluster.status()));
        assertThat(leading.run("generate", "-p", "x", "-n", "1")).isZero();
        assertThat(leading.err().lines())
                .contains(
                        "2 ranks, plan all-split: asked for",
                        "tcp, rank 0 of 2",
                        "  rank 0  alpha  10.0.0.1:7420  process 11  avx512  2 threads  1.5 MB  heads 0-9 of 20",
                        "  rank 1  beta  10.0.0.2:7420  process 22  scalar  1 thread  1.4 MB  heads 10-19 of 20");
    }
}
