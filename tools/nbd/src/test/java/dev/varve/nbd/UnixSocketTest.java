package dev.varve.nbd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A socket takes its own name away, and no other's. */
class UnixSocketTest {
    @TempDir
    private Path folder;

    private Path path() {
        return folder.resolve("s");
    }

    private static void close(UnixSocket socket) throws IOException {
        socket.channel().close();
        socket.close();
    }

    @Test
    void isGoneWhenItIsClosed() throws IOException {
        close(UnixSocket.listen(path(), 1));
        assertThat(folder).isEmptyDirectory();
    }

    @Test
    void mayBeGoneBefore() throws IOException {
        UnixSocket socket = UnixSocket.listen(path(), 1);
        Files.delete(path());
        close(socket);
        assertThat(folder).isEmptyDirectory();
    }

    @Test
    void leavesTheSocketThatTookItsName() throws IOException {
        UnixSocket first = UnixSocket.listen(path(), 1);
        Files.delete(path());
        UnixSocket second = UnixSocket.listen(path(), 1);
        close(first);
        assertThat(path()).exists();
        assertThatThrownBy(() -> UnixSocket.listen(path(), 1)).hasMessageContaining("served by somebody");
        close(second);
        assertThat(folder).isEmptyDirectory();
    }

    @Test
    void leavesTheFileThatTookItsName() throws IOException {
        UnixSocket socket = UnixSocket.listen(path(), 1);
        Files.delete(path());
        Files.writeString(path(), "somebody's");
        close(socket);
        assertThat(path()).hasContent("somebody's");
    }
}
