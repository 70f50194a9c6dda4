package dev.varve.nbd;

import java.io.Closeable;
import java.io.IOException;
import java.net.ConnectException;
import java.net.SocketException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;

/** A socket in the file system that only its owner can connect to, from the first moment on. Closed by who listens. */
public final class UnixSocket implements Closeable {
    /** Of a file's mode: its kind, and that of a socket. */
    private static final int S_IFMT = 0170000;

    private static final int S_IFSOCK = 0140000;

    private final ServerSocketChannel channel;
    private final Path path;

    /** Which file it is. */
    private final Object key;

    private UnixSocket(ServerSocketChannel channel, Path path, Object key) {
        this.channel = channel;
        this.path = path;
        this.key = key;
    }

    /**
     * Listens at a path. A socket there that nobody serves any more is replaced.
     *
     * @param path where it is made
     * @param backlog how many may wait to be accepted
     * @return the socket, bound
     * @throws IOException when somebody does, or what is there is no socket, or it can't be made, for example since the path
     *     is longer than 100 bytes or so
     */
    public static UnixSocket listen(Path path, int backlog) throws IOException {
        requireFree(path);
        Path parent = path.toAbsolutePath().getParent();
        if (parent == null) {
            throw new IOException(path + " is no place for a socket");
        }
        // It is made where nobody else can come, and moved when nobody else may use it.
        Path safe = Files.createTempDirectory(
                parent, ".", PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        Path made = safe.resolve("s");
        ServerSocketChannel channel = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        Object key;
        boolean done = false;
        try {
            channel.bind(UnixDomainSocketAddress.of(made), backlog);
            Files.setPosixFilePermissions(made, PosixFilePermissions.fromString("rw-------"));
            key = key(made);
            Files.move(made, path, StandardCopyOption.ATOMIC_MOVE);
            done = true;
        } catch (SocketException e) {
            throw new IOException("no socket can be made at " + path + ": " + e.getMessage(), e);
        } finally {
            if (!done) {
                channel.close();
                Files.deleteIfExists(made);
            }
            Files.delete(safe);
        }
        return new UnixSocket(channel, path, key);
    }

    private static void requireFree(Path path) throws IOException {
        if (!Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        int mode = (int) Files.getAttribute(path, "unix:mode", LinkOption.NOFOLLOW_LINKS);
        if ((mode & S_IFMT) != S_IFSOCK) {
            throw new IOException(path + " is there, and is no socket");
        }
        try (SocketChannel client = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            client.connect(UnixDomainSocketAddress.of(path));
        } catch (ConnectException e) {
            return; // nobody serves it
        }
        throw new IOException(path + " is served by somebody");
    }

    /**
     * What clients are accepted from.
     *
     * @return to be closed by the caller, before this
     */
    public ServerSocketChannel channel() {
        return channel;
    }

    private static Object key(Path path) throws IOException {
        return Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS)
                .fileKey();
    }

    /** Takes it away, unless another file has its name by now; does not close the channel. */
    @Override
    public void close() throws IOException {
        try {
            if (key.equals(key(path))) {
                Files.deleteIfExists(path);
            }
        } catch (NoSuchFileException e) {
            // somebody has taken it away
        }
    }
}
