package dev.varve.formats;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.SecureRandom;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A file that is written under another name, {@code .NAME.XXXXXXXX.partial} beside it, and gets its own when it is
 * whole. Until then the final name is not touched; a failure and Ctrl-C leave nothing behind, {@code kill -9} leaves
 * the partial file, which no command takes for a disk.
 *
 * <p>For one thread. The caller writes and syncs the content at {@link #path} and closes what it wrote through before
 * {@link #commit}.
 */
public final class PartialFile implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(PartialFile.class);
    private static final SecureRandom RANDOM = new SecureRandom();

    private final Path target;
    private final Path partial;
    private final Thread removal;
    private boolean closed;

    private PartialFile(Path target, Path partial) {
        this.target = target;
        this.partial = partial;
        removal = new Thread(this::removeQuietly, "varve-partial");
    }

    /**
     * Creates an empty partial file.
     *
     * @param target the final name; a symbolic link stands for what it points to
     * @return to be committed or closed
     * @throws IOException when it can't be created; nothing is left behind then
     */
    public static PartialFile create(Path target) throws IOException {
        Path resolved = Files.isSymbolicLink(target) && Files.exists(target) ? target.toRealPath() : target;
        Path name = resolved.getFileName();
        if (name == null) {
            throw new DiskImageException(target, "this is a directory; give a file name");
        }
        PartialFile file = null;
        while (file == null) {
            file = tryCreate(resolved, String.format(".%s.%08x.partial", name, RANDOM.nextInt()));
        }
        return file;
    }

    private static @Nullable PartialFile tryCreate(Path target, String name) throws IOException {
        PartialFile file = new PartialFile(target, target.resolveSibling(name));
        Runtime.getRuntime().addShutdownHook(file.removal);
        try {
            Files.createFile(file.partial);
            return file;
        } catch (FileAlreadyExistsException e) {
            file.removeHook();
            return null;
        } catch (IOException e) {
            file.removeHook();
            throw e;
        }
    }

    /**
     * Where to write.
     *
     * @return the partial file
     */
    public Path path() {
        return partial;
    }

    /**
     * Gives the file its final name, replacing what has it. Survives power loss once the call has returned, if the
     * content was synced before.
     *
     * @throws IOException when it could not be renamed, or is not known to be durable
     */
    public void commit() throws IOException {
        try {
            Files.move(partial, target, StandardCopyOption.ATOMIC_MOVE);
        } catch (AtomicMoveNotSupportedException e) {
            throw new DiskImageException(target, "the file system can't rename a finished file; export elsewhere", e);
        }
        closed = true;
        removeHook();
        syncDirectory();
    }

    private void syncDirectory() throws IOException {
        Path directory = target.toAbsolutePath().getParent();
        if (directory != null) {
            try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
                channel.force(true);
            }
        }
    }

    /** Removes the partial file, unless it was committed. Idempotent. */
    @Override
    public void close() throws IOException {
        if (!closed) {
            closed = true;
            Files.deleteIfExists(partial);
            removeHook();
        }
    }

    private void removeHook() {
        try {
            Runtime.getRuntime().removeShutdownHook(removal);
        } catch (IllegalStateException e) {
            // The JVM is going down: the hook runs and finds nothing to remove.
        }
    }

    private void removeQuietly() {
        try {
            Files.deleteIfExists(partial);
        } catch (IOException e) {
            LOG.error("{}: could not be removed; delete it by hand ({})", partial, e.toString());
        }
    }
}
