package dev.varve.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PositionalFileTest {
    @TempDir
    private Path tmp;

    private final FileIo io = new FileIo();
    private Path path;

    @BeforeEach
    void name() {
        path = tmp.resolve("file");
    }

    @AfterEach
    void closeIo() {
        io.close();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void readsBackWhatWasWritten(boolean direct) throws IOException {
        try (PositionalFile file = io.open(path, Access.CREATE_NEW)) {
            file.write(text(), 100_000);
            ByteBuffer dst = direct ? ByteBuffer.allocateDirect(7) : ByteBuffer.allocate(7);
            file.readFully(dst, 100_000);
            assertThat(dst.flip()).isEqualTo(text());
            assertThat(file.size()).isEqualTo(100_007);
        }
    }

    @Test
    void readStopsAtTheEndOfTheFile() throws IOException {
        Files.write(path, new byte[10]);
        try (PositionalFile file = io.open(path, Access.READ)) {
            ByteBuffer dst = ByteBuffer.allocate(20);
            assertThat(file.read(dst, 4)).isEqualTo(6);
            assertThat(dst.position()).isEqualTo(6);
            assertThat(file.read(dst, 10)).isZero();
            assertThat(file.read(dst, 1000)).isZero();
        }
    }

    @Test
    void fileThatEndsTooEarlyIsNamedWithOffsetExpectedAndFound() throws IOException {
        Files.write(path, new byte[10]);
        try (PositionalFile file = io.open(path, Access.READ)) {
            ByteBuffer dst = ByteBuffer.allocate(20).position(2);
            assertThatExceptionOfType(EOFException.class)
                    .isThrownBy(() -> file.readFully(dst, 4))
                    .withMessageContainingAll(path.toString(), "offset 4", "expected 18", "found 6");
            assertThat(dst.position()).isEqualTo(2);
        }
    }

    @Test
    void accessDecidesWhetherAFileIsCreated() throws IOException {
        assertThatExceptionOfType(NoSuchFileException.class).isThrownBy(() -> io.open(path, Access.READ));
        assertThatExceptionOfType(NoSuchFileException.class).isThrownBy(() -> io.open(path, Access.WRITE));
        io.open(path, Access.CREATE).close();
        io.open(path, Access.CREATE).close();
        assertThatExceptionOfType(FileAlreadyExistsException.class).isThrownBy(() -> io.open(path, Access.CREATE_NEW));
    }

    @Test
    void truncateCutsAndNeverExtends() throws IOException {
        try (PositionalFile file = io.open(path, Access.CREATE)) {
            file.write(ByteBuffer.allocate(100), 0);
            file.truncate(30);
            assertThat(file.size()).isEqualTo(30);
            file.truncate(60);
            assertThat(file.size()).isEqualTo(30);
        }
    }

    @Test
    void everyCallAfterCloseIsAnIllegalState() throws IOException {
        PositionalFile file = io.open(path, Access.CREATE);
        file.close();
        file.close();
        ByteBuffer buffer = ByteBuffer.allocate(1);
        assertThatIllegalStateException().isThrownBy(() -> file.read(buffer, 0)).withMessageContaining(path.toString());
        assertThatIllegalStateException().isThrownBy(() -> file.readFully(buffer, 0));
        assertThatIllegalStateException().isThrownBy(() -> file.write(buffer, 0));
        assertThatIllegalStateException().isThrownBy(file::size);
        assertThatIllegalStateException().isThrownBy(() -> file.truncate(0));
        assertThatIllegalStateException().isThrownBy(file::sync);
        assertThatIllegalStateException().isThrownBy(file::syncAsync);
    }

    @Test
    void everyCallOfAClosedDoorIsAnIllegalState() throws IOException {
        try (PositionalFile file = io.open(path, Access.CREATE)) {
            io.close();
            io.close();
            assertThatIllegalStateException().isThrownBy(() -> io.open(path, Access.READ));
            assertThatIllegalStateException().isThrownBy(file::sync);
            assertThatIllegalStateException().isThrownBy(() -> io.syncDirectory(tmp));
        }
    }

    @Test
    void anotherFileOfTheSameNameIsNotTakenForIt() throws Exception {
        Files.write(path, new byte[10]);
        try (PositionalFile file = io.open(path, Access.READ)) {
            Files.move(path, tmp.resolve("elsewhere"));
            Files.write(path, new byte[10]);
            breakChannel(file);
            assertThatExceptionOfType(IOException.class)
                    .isThrownBy(() -> file.read(ByteBuffer.allocate(1), 0))
                    .withMessageContaining("another file");
        }
    }

    @Test
    void changesOfNamesGoThroughTheDoor() throws IOException {
        Path directory = tmp.resolve("directory");
        io.createDirectory(directory);
        Files.writeString(path, "new");
        Files.writeString(directory.resolve("name"), "old");
        io.rename(path, directory.resolve("name"));
        io.syncDirectory(directory);
        assertThat(directory.resolve("name")).hasContent("new");
        assertThat(path).doesNotExist();
        io.delete(directory.resolve("name"));
        io.delete(directory);
        assertThat(directory).doesNotExist();
    }

    private static ByteBuffer text() {
        return StandardCharsets.US_ASCII.encode("stratum");
    }

    /** Closes the channel as an interrupt does that hits another thread. */
    static void breakChannel(PositionalFile file) throws Exception {
        channel(file).close();
    }

    static FileChannel channel(PositionalFile file) throws ReflectiveOperationException {
        var field = PositionalFile.class.getDeclaredField("channel");
        field.setAccessible(true);
        return (FileChannel) field.get(file);
    }
}
