package org.ryzanstein.comm.tcp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Path;
import java.util.Map;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.ryzanstein.api.comm.CommunicationException;
import org.ryzanstein.api.comm.CommunicationException.Kind;
import org.ryzanstein.api.comm.HostMemory;
import org.ryzanstein.api.comm.HostQueue;

/**
 * What a peer may do to the memory that it shares: rank 0 is real, rank 1 is this test. Each is tried where rank 0 polls and where
 * it blocks.
 */
@EnabledOnOs(OS.LINUX)
@Timeout(60)
class SharedMeshTest {
    private static final long SECOND = 1_000_000_000L;

    @SuppressWarnings("NullAway.Init") // Set before each test.
    private Path folder;

    @SuppressWarnings("NullAway.Init") // Set before each test.
    private FileChannel file;

    @SuppressWarnings("NullAway.Init") // Set before each test.
    private SocketPair data;

    @SuppressWarnings("NullAway.Init") // Set before each test.
    private SocketPair control;

    @SuppressWarnings("NullAway.Init") // Set before each test.
    private MemorySegment memory;

    @SuppressWarnings("NullAway.Init") // Set before each test.
    private Mesh mesh;

    @BeforeEach
    void connect() throws IOException {
        folder = SharedFolders.make();
        file = SharedFolders.memory(folder);
        memory = file.map(MapMode.READ_WRITE, 0, SharedLayout.BYTES, Arena.ofAuto());
        data = SocketPair.open();
        control = SocketPair.open();
    }

    private TcpCommunicator group(long spinNanos) throws IOException {
        Arena arena = Arena.ofShared();
        MemorySegment own = file.map(MapMode.READ_WRITE, 0, SharedLayout.BYTES, arena);
        mesh = new Mesh(
                0,
                2,
                5,
                new WaitPolicy(spinNanos, "test"),
                Map.of(1, new SharedConnection(new PlainConnection(data.listener()), arena, own, false)),
                Map.of(1, new PlainConnection(control.listener())),
                "shared memory");
        return new TcpCommunicator(mesh, 0, new int[] {0, 1}, true, Tuning.UNKNOWN);
    }

    @AfterEach
    void close() throws IOException {
        mesh.crash();
        data.close();
        control.close();
        file.close();
        SharedFolders.delete(folder);
    }

    private static void assertThatRankOneIsBlamed(ThrowingCallable call, String why) {
        assertThatThrownBy(call)
                .isInstanceOf(CommunicationException.class)
                .hasMessageContaining(why)
                .satisfies(e -> {
                    assertThat(((CommunicationException) e).kind()).isEqualTo(Kind.PROTOCOL);
                    assertThat(((CommunicationException) e).rank()).isEqualTo(1);
                });
    }

    private static void receive(TcpCommunicator group) {
        group.receive(HostMemory.of(new int[4]), 4, 1, HostQueue.INSTANCE).await();
    }

    private static void send(TcpCommunicator group) {
        group.send(HostMemory.of(new int[1 << 20]), 1 << 20, 1, HostQueue.INSTANCE)
                .await();
    }

    @ParameterizedTest
    @ValueSource(longs = {0, SECOND})
    void aWritersCounterThatCanNotBeEndsTheGroup(long spin) throws IOException {
        TcpCommunicator group = group(spin);
        memory.set(ValueLayout.JAVA_LONG, SharedLayout.counters(0) + SharedLayout.AT_TAIL, Long.MAX_VALUE);
        assertThatRankOneIsBlamed(() -> receive(group), "rank 1 sent a counter that leaves 9223372036854775807 bytes");
    }

    @ParameterizedTest
    @ValueSource(longs = {0, SECOND})
    void aReadersCounterThatCanNotBeEndsTheGroup(long spin) throws IOException {
        TcpCommunicator group = group(spin);
        memory.set(ValueLayout.JAVA_LONG, SharedLayout.counters(1) + SharedLayout.AT_HEAD, Long.MAX_VALUE);
        assertThatRankOneIsBlamed(() -> send(group), "rank 1 sent a counter that leaves -");
    }

    @ParameterizedTest
    @ValueSource(longs = {0, SECOND})
    void garbageInTheRingEndsTheGroup(long spin) throws IOException {
        TcpCommunicator group = group(spin);
        memory.set(ValueLayout.JAVA_LONG, SharedLayout.counters(0) + SharedLayout.AT_TAIL, 100);
        assertThatRankOneIsBlamed(() -> receive(group), "rank 1 sent a frame that begins with 0");
    }

    @ParameterizedTest
    @ValueSource(longs = {0, SECOND})
    void aFileThatIsCutOffEndsTheGroupAndNotTheProcess(long spin) throws IOException {
        TcpCommunicator group = group(spin);
        file.truncate(0);
        assertThatRankOneIsBlamed(() -> receive(group), "the shared file was cut off");
        assertThatRankOneIsBlamed(() -> receive(group), "the shared file was cut off");
    }

    @ParameterizedTest
    @ValueSource(longs = {0, SECOND})
    void aFileThatIsCutOffWhileSomethingIsSentEndsTheGroup(long spin) throws IOException {
        TcpCommunicator group = group(spin);
        file.truncate(0);
        assertThatRankOneIsBlamed(() -> send(group), "the shared file was cut off");
    }

    @Test
    void memoryIsNoSignOfLife() throws IOException {
        TcpCommunicator group = group(0);
        assertThatThrownBy(() -> receive(group))
                .isInstanceOf(CommunicationException.class)
                .hasMessageContaining("no sign of life for");
        assertThat(group.deadRanks()).containsExactly(1);
    }
}
