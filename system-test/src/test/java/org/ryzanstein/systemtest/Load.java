package org.ryzanstein.systemtest;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Clients that have chats answered one after the other, so that a server has no pause, and check what they get. */
final class Load implements AutoCloseable {
    private static final int CLIENTS = 2;

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
        for (int i = 0; i < CLIENTS; i++) {
            int first = i;
            load.clients.add(load.threads.submit(() -> {
                int asked = 0;
                while (!load.ending) {
                    int number = (first + asked++) % expected.size();
                    assertThat(client.ask(ChatStream.body(number), events -> {}).text())
                            .isEqualTo(expected.get(number));
                }
                return asked;
            }));
        }
        return load;
    }

    /** Ends them; throws what went wrong with any of them. */
    void stop() throws InterruptedException {
        ending = true;
        for (Future<Integer> client : clients) {
            try {
                assertThat(client.get()).isPositive();
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
