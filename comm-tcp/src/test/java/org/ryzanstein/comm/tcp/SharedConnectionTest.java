package org.ryzanstein.comm.tcp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

@EnabledOnOs(OS.LINUX)
@Timeout(60)
class SharedConnectionTest {
    /** Longer than any test: a selector that times out is a doorbell that was not rung. */
    private static final long LONG_MILLIS = 50_000;

    @SuppressWarnings("NullAway.Init") // Set before each test.
    private Path folder;

    @SuppressWarnings("NullAway.Init") // Set before each test.
    private FileChannel file;

    @SuppressWarnings("NullAway.Init") // Set before each test.
    private SocketPair sockets;

    @SuppressWarnings("NullAway.Init") // Set before each test.
    private SharedConnection near;

    @SuppressWarnings("NullAway.Init") // Set before each test.
    private SharedConnection far;

    @BeforeEach
    void connect() throws IOException {
        folder = SharedFolders.make();
        file = SharedFolders.memory(folder);
        sockets = SocketPair.open();
        sockets.opener().configureBlocking(false);
        sockets.listener().configureBlocking(false);
        near = connection(true);
        far = connection(false);
    }

    private SharedConnection connection(boolean opener) throws IOException {
        Arena arena = Arena.ofShared();
        MemorySegment memory = file.map(MapMode.READ_WRITE, 0, SharedLayout.BYTES, arena);
        return new SharedConnection(
                new PlainConnection(opener ? sockets.opener() : sockets.listener()), arena, memory, opener);
    }

    @AfterEach
    void close() throws IOException {
        near.close();
        far.close();
        file.close();
        SharedFolders.delete(folder);
    }

    /** Blocks until the socket is ready, as a mesh does. */
    private static void block(SharedConnection connection, int wanted) throws IOException {
        assertThat(wanted).isEqualTo(SelectionKey.OP_READ);
        try (Selector selector = Selector.open()) {
            connection.socket().register(selector, wanted);
            assertThat(selector.select(key -> connection.wake(), LONG_MILLIS)).isEqualTo(1);
            assertThat(selector.selectNow(key -> {}))
                    .as("ready though the doorbell was silenced")
                    .isZero();
        }
        connection.goOn();
    }

    @Test
    void aReaderThatBlocksIsWokenByWhatIsWritten() throws IOException {
        int wanted = far.prepareToBlock(true, false);
        assertThat(near.write(ByteBuffer.wrap(new byte[] {1, 2, 3}))).isEqualTo(3);
        block(far, wanted);
        assertThat(far.read(ByteBuffer.allocate(10))).isEqualTo(3);
        assertThat(far.read(ByteBuffer.allocate(10))).isZero();
    }

    @Test
    void aWriterThatBlocksIsWokenByRoom() throws IOException {
        ByteBuffer much = ByteBuffer.allocate(2 * SharedLayout.RING_BYTES);
        assertThat(near.write(much)).isEqualTo(SharedLayout.RING_BYTES);
        assertThat(near.write(much)).isZero();
        int wanted = near.prepareToBlock(false, true);
        assertThat(far.read(ByteBuffer.allocate(10))).isEqualTo(10);
        block(near, wanted);
        assertThat(near.write(much)).isEqualTo(10);
    }

    @Test
    void whoHasSomethingToDoDoesNotBlock() throws IOException {
        assertThat(near.prepareToBlock(true, true)).as("there is room").isEqualTo(Connection.GO_ON);
        near.goOn();
        near.write(ByteBuffer.wrap(new byte[1]));
        assertThat(far.prepareToBlock(true, false)).as("there is input").isEqualTo(Connection.GO_ON);
        far.goOn();
    }

    @Test
    void nobodyRingsForWhoDoesNotBlock() throws IOException {
        assertThat(far.prepareToBlock(true, false)).isEqualTo(SelectionKey.OP_READ);
        far.goOn();
        near.write(ByteBuffer.wrap(new byte[1]));
        assertThat(sockets.listener().read(ByteBuffer.allocate(1))).isZero();
    }

    @Test
    void manyDoorbellsCarryNothingAndAreSilenced() throws IOException {
        for (int i = 0; i < 100; i++) {
            sockets.opener().write(ByteBuffer.allocate(1 << 14));
        }
        far.wake();
        assertThat(far.read(ByteBuffer.allocate(10))).isZero();
        near.write(ByteBuffer.wrap(new byte[] {7}));
        ByteBuffer read = ByteBuffer.allocate(10);
        assertThat(far.read(read)).isEqualTo(1);
        assertThat(read.get(0)).isEqualTo((byte) 7);
    }

    @Test
    void ringingNeverBlocksWhereNobodyListens() throws IOException {
        for (int i = 0; i < 300_000; i++) {
            far.prepareToBlock(true, false);
            near.write(ByteBuffer.wrap(new byte[1]));
            far.read(ByteBuffer.allocate(1));
        }
        assertThat(far.read(ByteBuffer.allocate(1))).isZero();
    }

    @Test
    void whatWasSentBeforeTheEndIsReadBeforeIt() throws IOException {
        near.write(ByteBuffer.wrap(new byte[5]));
        near.close();
        far.wake();
        assertThat(far.prepareToBlock(true, false)).isEqualTo(Connection.GO_ON);
        assertThat(far.read(ByteBuffer.allocate(10))).isEqualTo(5);
        assertThat(far.read(ByteBuffer.allocate(10))).isEqualTo(-1);
        assertThat(far.prepareToBlock(true, false))
                .as("an end wakes no selector again and again")
                .isZero();
        assertThatThrownBy(() -> far.write(ByteBuffer.allocate(1))).hasMessageContaining("the other side has closed");
    }

    @Test
    void whoHasSaidThatNothingFollowsMayStillRead() throws IOException {
        near.shutdownOutput();
        far.wake();
        assertThat(far.read(ByteBuffer.allocate(1))).isEqualTo(-1);
    }

    @Test
    void afterClosingItNothingIsTouched() throws IOException {
        near.close();
        near.close();
        assertThatThrownBy(() -> near.read(ByteBuffer.allocate(1)))
                .isInstanceOf(IOException.class)
                .hasMessage("the connection was closed here");
        assertThatThrownBy(() -> near.write(ByteBuffer.allocate(1))).hasMessage("the connection was closed here");
        assertThatThrownBy(() -> near.prepareToBlock(true, true)).hasMessage("the connection was closed here");
        assertThatThrownBy(near::goOn).hasMessage("the connection was closed here");
    }

    @Test
    void aFileThatThePeerCutsOffIsAnErrorAndNotTheEndOfTheProcess() throws IOException {
        Files.newByteChannel(folder.resolve("memory"), StandardOpenOption.WRITE)
                .truncate(0)
                .close();
        for (int i = 0; i < 3; i++) {
            assertThatThrownBy(() -> near.read(ByteBuffer.allocate(1)))
                    .isInstanceOf(RingException.class)
                    .hasMessage("no memory any more: the shared file was cut off");
            assertThatThrownBy(() -> near.write(ByteBuffer.allocate(1))).isInstanceOf(RingException.class);
            assertThatThrownBy(() -> near.prepareToBlock(true, true)).isInstanceOf(RingException.class);
            assertThatThrownBy(near::goOn).isInstanceOf(RingException.class);
        }
    }

    @Test
    void itIsNotReadInBlockingMode() {
        assertThatThrownBy(() -> near.read(new byte[1], 0, 1, 1)).isInstanceOf(UnsupportedOperationException.class);
        assertThat(near.certificate()).isEmpty();
        assertThat(near.holdsOutput()).isFalse();
        assertThat(near.mayTakeMore()).isFalse();
    }
}
