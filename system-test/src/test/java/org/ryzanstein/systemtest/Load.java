package org.ryzanstein.systemtest;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Clients that have chats answered one after the other, so that a server has no pause, and check what they get. */
final class Load implements AutoCloseable {
    private static final int CLIENTS = 3;

    private final ExecutorService threads = Executors.newFixedThreadPool(CLIENTS);
    private final List<Future<Integer>> clients = new ArrayList<>();
    private volatile boolean ending;

    private Load() {}

    /**
     * Starts them.
     *
     * @param expected the texts of the answers, by number
     */
    static Load start(ChatStream client, List<String> expected) {
        Load load = new Load();
        // One after the other, so that their answers do not end together.
        CountDownLatch first = new CountDownLatch(0);
        for (int i = 0; i < CLIENTS; i++) {
            int number = i;
            CountDownLatch turn = first;
            CountDownLatch next = new CountDownLatch(1);
            load.clients.add(load.threads.submit(() -> {
                turn.await();
                return load.ask(client, expected, number, next);
            }));
            first = next;
        }
        return load;
    }

    private int ask(ChatStream client, List<String> expected, int first, CountDownLatch next)
            throws IOException, InterruptedException {
        int asked = 0;
        try {
            while (!ending) {
                int number = (first + asked++) % expected.size();
                ChatStream.Answer answer = client.ask(ChatStream.body(number), events -> {
                    if (events == ChatStream.TOKENS / CLIENTS) {
                        next.countDown();
                    }
                });
                assertThat(answer.text()).isEqualTo(expected.get(number));
            }
            return asked;
        } finally {
            next.countDown();
        }
    }

    /** Ends them; throws what went wrong with any of them. */
    void stop() throws InterruptedException {
        ending = true;
        for (Future<Integer> client : clients) {
            try {
                assertThat(client.get()).isNotNegative();
            } catch (ExecutionException e) {
                throw new AssertionError("a request failed", e.getCause());
            }
        }
    }

    @Override
    public void close() {
        ending = true;
        threads.shutdown();
        threads.close();
    }
}
