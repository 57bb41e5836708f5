package org.ryzanstein.comm.tcp;

import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.ryzanstein.api.comm.Communicator;
import org.ryzanstein.api.comm.EndpointConfig;
import org.ryzanstein.api.comm.Rendezvous;

/** Ranks in this process, over loopback sockets. */
final class TcpRanks {
    static final byte[] SECRET = "a secret of the tests, 32 bytes.".getBytes(StandardCharsets.US_ASCII);

    private static final AtomicLong EPOCHS = new AtomicLong(1);

    private TcpRanks() {}

    static TcpEndpoint endpoint() {
        return TcpEndpoint.bind(EndpointConfig.loopback(SECRET));
    }

    /** Over sockets alone. */
    static List<Communicator> openWithoutSharedMemory(int worldSize) {
        return open(worldSize, EndpointConfig.loopback(SECRET), "off");
    }

    static List<Communicator> open(int worldSize) {
        return open(worldSize, EndpointConfig.loopback(SECRET));
    }

    static List<Communicator> open(int worldSize, EndpointConfig config) {
        return open(worldSize, config, "auto");
    }

    /** With or without shared memory. */
    static List<Communicator> open(int worldSize, EndpointConfig config, String sharedMemory) {
        List<TcpEndpoint> endpoints = IntStream.range(0, worldSize)
                .mapToObj(rank -> TcpEndpoint.bind(config, new SharedMemory(SharedMemory.FOLDER, sharedMemory)))
                .toList();
        try {
            return join(endpoints, EPOCHS.incrementAndGet(), UnaryOperator.identity()).stream()
                    .map(TcpRanks::value)
                    .toList();
        } finally {
            endpoints.forEach(TcpEndpoint::close);
        }
    }

    static List<Rendezvous> rendezvous(List<TcpEndpoint> endpoints, long epoch) {
        List<InetSocketAddress> addresses =
                endpoints.stream().map(TcpEndpoint::address).toList();
        return IntStream.range(0, endpoints.size())
                .mapToObj(rank -> new Rendezvous(rank, addresses, epoch).withDeadline(Duration.ofSeconds(20)))
                .toList();
    }

    /** All join at once; each future has a communicator or the reason why not. */
    static List<Future<Communicator>> join(List<TcpEndpoint> endpoints, long epoch, UnaryOperator<Rendezvous> change) {
        List<Rendezvous> all = rendezvous(endpoints, epoch);
        List<Future<Communicator>> joined = new ArrayList<>();
        try (ExecutorService threads =
                Executors.newThreadPerTaskExecutor(Thread.ofPlatform().daemon().factory())) {
            for (int rank = 0; rank < endpoints.size(); rank++) {
                TcpEndpoint endpoint = endpoints.get(rank);
                Rendezvous rendezvous = change.apply(all.get(rank));
                joined.add(threads.submit(() -> endpoint.join(rendezvous)));
            }
        }
        return joined;
    }

    static <T> T value(Future<T> future) {
        try {
            return future.get();
        } catch (ExecutionException e) {
            throw new AssertionError("a rank could not join: " + e.getCause(), e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }

    static Throwable failure(Future<?> future) {
        return switch (future.state()) {
            case FAILED -> future.exceptionNow();
            default -> throw new AssertionError("expected a failure, found " + future);
        };
    }

    static void crash(Communicator communicator) {
        ((TcpCommunicator) communicator).mesh().crash();
    }
}
