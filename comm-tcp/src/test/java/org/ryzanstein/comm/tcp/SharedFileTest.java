package org.ryzanstein.comm.tcp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@EnabledOnOs(OS.LINUX)
class SharedFileTest {
    /** A folder of this test's own, so that files of others do not count. */
    @SuppressWarnings("NullAway.Init") // Set before each test.
    private Path folder;

    @BeforeEach
    void makeFolder() {
        folder = SharedFolders.make();
    }

    @AfterEach
    void deleteFolder() {
        SharedFolders.delete(folder);
    }

    private Path only() {
        assertThat(SharedFolders.list(folder)).hasSize(1);
        return SharedFolders.list(folder).getFirst();
    }

    @Test
    void onlyTheUserMayOpenItAndItIsEmptyWhileItHasAName() throws IOException {
        try (SharedFile file = SharedFile.create(folder);
                SharedFile other = SharedFile.open(folder, file.name())) {
            assertThat(only().getFileName()).hasToString(file.name());
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(only())))
                    .isEqualTo("rw-------");
            assertThat(only()).isEmptyFile();
            file.unlink();
            assertThat(SharedFolders.list(folder)).isEmpty();
            file.allocate();
            try (Arena arena = Arena.ofShared()) {
                assertThat(other.map(arena).byteSize()).isEqualTo(SharedLayout.BYTES);
            }
        }
    }

    @Test
    void namesCanNotBeGuessed() throws IOException {
        try (SharedFile one = SharedFile.create(folder);
                SharedFile other = SharedFile.create(folder)) {
            assertThat(one.name()).matches("ryzanstein-[0-9a-f]{32}").isNotEqualTo(other.name());
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "ryzanstein-",
                "../ryzanstein-00000000000000000000000000000000",
                "/etc/passwd",
                "ryzanstein-0000000000000000000000000000000G",
                "ryzanstein-00000000000000000000000000000000/../x",
                "ryzanstein-00000000000000000000000000000000\n",
                "ryzanstein-000000000000000000000000000000000"
            })
    void namesOfAnotherPatternAreNeverOpened(String name) {
        assertThatThrownBy(() -> SharedFile.open(folder, name))
                .isInstanceOf(IOException.class)
                .hasMessage("a name that is none of a shared file");
    }

    private static final String NAME = "ryzanstein-0123456789abcdef0123456789abcdef";

    private void assertThatItIsRefused(String why) {
        assertThatThrownBy(() -> SharedFile.open(folder, NAME))
                .isInstanceOf(IOException.class)
                .hasMessageContaining(why);
    }

    @Test
    void aFileThatIsNotThereIsRefused() {
        assertThatItIsRefused("there is no file");
    }

    @Test
    void aLinkIsNotFollowed() throws IOException {
        try (SharedFile file = SharedFile.create(folder)) {
            Files.createSymbolicLink(folder.resolve(NAME), folder.resolve(file.name()));
            assertThatItIsRefused("there is no file");
        }
    }

    @Test
    void aFolderIsRefused() throws IOException {
        Files.createDirectory(folder.resolve(NAME));
        assertThatItIsRefused("there is no file");
    }

    @Test
    void aFileThatOthersMayOpenIsRefused() throws IOException {
        Files.createFile(
                folder.resolve(NAME),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-r-----")));
        assertThatItIsRefused("is open to others");
    }

    @Test
    void aFileThatHoldsSomethingIsRefused() throws IOException {
        Files.createFile(
                folder.resolve(NAME),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        Files.write(folder.resolve(NAME), new byte[] {1});
        assertThatItIsRefused("has 1 bytes, expected an empty file");
        assertThat(folder.resolve(NAME)).hasBinaryContent(new byte[] {1});
    }

    @Test
    void aFileOfAnotherSizeIsNotMapped() throws IOException {
        try (SharedFile file = SharedFile.create(folder);
                Arena arena = Arena.ofShared()) {
            assertThatThrownBy(() -> file.map(arena)).hasMessage("the shared file has 0 bytes, expected 2101248");
        }
    }

    @Test
    void aFolderThatIsNotThereOrNotInMemoryIsRefused() {
        assertThatThrownBy(() -> SharedFile.create(folder.resolve("none"))).hasMessageContaining("there is no folder");
        assertThatThrownBy(() -> SharedFile.create(Path.of("/proc/self")))
                .hasMessageContaining("is a proc, expected tmpfs");
    }
}
