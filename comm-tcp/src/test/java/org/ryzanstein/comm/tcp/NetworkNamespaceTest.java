package org.ryzanstein.comm.tcp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/**
 * Ranks on hosts of their own, as far as the network is concerned: each in a network namespace with one interface, 10.77.0.R, and
 * all joined by a bridge in a further one. Needs root and the command {@code ip}.
 */
@EnabledOnOs(OS.LINUX)
@Timeout(value = 3, unit = TimeUnit.MINUTES)
class NetworkNamespaceTest {
    private static final int HOSTS = 3;

    /** Milliseconds in which a partition is noticed: a second of silence, and time for a busy machine. */
    private static final int NOTICED = 5_000;

    private static final String NET = "ryz" + ProcessHandle.current().pid();

    private final List<RankProcess> ranks = new ArrayList<>();

    @BeforeEach
    void connect() {
        Outcome probe = run("ip", "netns", "add", NET + "hub");
        assumeTrue(
                probe.status == 0,
                "skipped: needs root, CAP_NET_ADMIN and the command ip of iproute2: " + probe.text.strip());
        ip("-n", NET + "hub", "link", "add", "bridge0", "type", "bridge");
        ip("-n", NET + "hub", "link", "set", "bridge0", "up");
        for (int host = 0; host < HOSTS; host++) {
            String name = NET + host;
            ip("netns", "add", name);
            ip("-n", NET + "hub", "link", "add", "port" + host, "type", "veth", "peer", "name", "eth0", "netns", name);
            ip("-n", NET + "hub", "link", "set", "port" + host, "master", "bridge0", "up");
            ip("-n", name, "addr", "add", address(host) + "/24", "dev", "eth0");
            ip("-n", name, "link", "set", "eth0", "up");
            ip("-n", name, "link", "set", "lo", "up");
        }
    }

    @AfterEach
    void close() {
        ranks.forEach(RankProcess::close);
        for (int host = 0; host < HOSTS; host++) {
            run("ip", "netns", "del", NET + host);
        }
        run("ip", "netns", "del", NET + "hub");
    }

    /** What a command has led to. */
    private record Outcome(int status, String text) {}

    private static Outcome run(String... command) {
        try {
            Process process =
                    new ProcessBuilder(command).redirectErrorStream(true).start();
            String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            return new Outcome(process.waitFor(), text);
        } catch (IOException e) {
            return new Outcome(-1, String.valueOf(e.getMessage()));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new UncheckedIOException(new IOException("interrupted", e));
        }
    }

    private static void ip(String... arguments) {
        List<String> command = new ArrayList<>(List.of("ip"));
        command.addAll(List.of(arguments));
        Outcome outcome = run(command.toArray(String[]::new));
        assertThat(outcome.status).as(command + ": " + outcome.text).isZero();
    }

    private static String address(int host) {
        return "10.77.0." + (host + 1);
    }

    private void startAndJoin() {
        for (int host = 0; host < HOSTS; host++) {
            ranks.add(new RankProcess(
                    List.of("ip", "netns", "exec", NET + host), address(host), List.of("-Dlisten=" + address(host))));
        }
        assertThat(RankProcess.join(ranks, 1, 1))
                .allMatch(answer -> answer.startsWith("ok tcp"))
                .as("memory that they could share would hide the network")
                .allMatch(answer -> answer.contains("TCP (at another address)"));
        reduce(ranks);
    }

    private static void reduce(List<RankProcess> group) {
        group.forEach(rank -> rank.order("reduce 100001 60000"));
        group.forEach(rank -> assertThat(rank.answer()).isEqualTo("ok sum"));
    }

    /** Takes a host off the network, or puts it back. */
    private static void link(int host, String state) {
        ip("-n", NET + "hub", "link", "set", "port" + host, state);
    }

    private static int blamed(String answer) {
        String[] words = answer.split(" ", 5);
        assertThat(words[0] + " " + words[1]).as(answer).isEqualTo("failed RANK_DEAD");
        assertThat(Integer.parseInt(words[3])).as(answer).isLessThan(NOTICED);
        return Integer.parseInt(words[2]);
    }

    @Test
    void aPartitionIsNoticedOnBothSidesAndTheHealedNetworkFormsAgain() {
        startAndJoin();
        link(2, "down");
        ranks.forEach(rank -> rank.order("reduce 1000 60000"));
        assertThat(blamed(ranks.get(0).answer())).isEqualTo(2);
        assertThat(blamed(ranks.get(1).answer())).isEqualTo(2);
        assertThat(blamed(ranks.get(2).answer())).isIn(0, 1);
        List<RankProcess> majority = ranks.subList(0, 2);
        assertThat(RankProcess.join(majority, 2, 1)).allMatch(answer -> answer.startsWith("ok tcp"));
        reduce(majority);
        link(2, "up");
        assertThat(RankProcess.join(ranks, 3, 1)).allMatch(answer -> answer.contains("of 3, epoch 3,"));
        reduce(ranks);
    }

    @Test
    void aPartitionIsNoticedWhileNothingIsUnderWay() {
        startAndJoin();
        link(0, "down");
        for (RankProcess rank : ranks) {
            String answer = rank.ask("failure");
            while (answer.startsWith("ok null")) {
                answer = rank.ask("failure");
            }
            assertThat(answer).contains("is dead: no sign of life");
        }
    }

    @Test
    void aRankThatCanNotBeReachedIsNamedAtTheJoinsDeadline() {
        startAndJoin();
        link(2, "down");
        List<String> answers =
                RankProcess.join(ranks, ranks.stream().map(RankProcess::address).toList(), 2, 1, 1_500);
        assertThat(answers.get(0)).startsWith("failed REFUSED ").contains("rank 2");
        assertThat(answers.get(1)).startsWith("failed REFUSED ");
        assertThat(answers.get(2)).startsWith("failed REFUSED ");
    }
}
