package dev.varve.file;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * A regular file read and written by position, by many threads at once.
 *
 * <ul>
 *   <li><b>Interrupts.</b> A thread that is interrupted in a {@link FileChannel} closes it for all. Here the flag is taken
 *       down before the call and put up again after it, and a channel that an interrupt closed all the same is opened
 *       again, once for all who met it, and each repeats its own part. So nobody sees an interrupt, not even who got it.
 *   <li><b>Name.</b> The file is opened again by its name: while it is open it keeps its name, and is not deleted. Should
 *       another file have the name by then, the call fails.
 *   <li><b>Failure.</b> After an {@link IOException} the buffer's position is what it was before the call; any part of a
 *       range that was being written may hold old or new bytes.
 *   <li><b>Durability.</b> What was written, and the length, survive power loss once {@link #sync} has returned. A sync
 *       that failed is final: so is every later one of this object, because the kernel has dropped the pages.
 *   <li><b>Locks</b> of the operating system are lost when a file is opened again: a lock file is not for this class.
 *   <li><b>After {@link #close}</b>, which waits for a sync in progress, every call is an {@link IllegalStateException},
 *       also one that was in progress; closing again does nothing.
 * </ul>
 *
 * Buffers may be heap or direct; direct ones spare the JDK a copy.
 */
public final class PositionalFile implements AutoCloseable {
    private final FileIo io;
    private final Path path;
    private final Access access;
    private final @Nullable Object fileKey;
    private final @Nullable FileSync syncs;

    /** Replaced when an interrupt has closed it; written under the lock. */
    private volatile FileChannel channel;

    private volatile boolean closed;

    PositionalFile(FileIo io, Path path, Access access, int syncLanes) throws IOException {
        this.io = io;
        this.path = path;
        this.access = access;
        channel = io.calls().open(path, access.options());
        try {
            fileKey = fileKey();
            syncs = access == Access.READ ? null : new FileSync(io, path, syncLanes);
        } catch (Throwable e) {
            try {
                channel.close();
            } catch (Throwable e2) {
                e.addSuppressed(e2);
            }
            throw e;
        }
    }

    /**
     * The file's name.
     *
     * @return as it was opened
     */
    public Path path() {
        return path;
    }

    /**
     * Reads until {@code dst} is full or the file ends.
     *
     * @param dst takes the bytes; its position moves past them
     * @param offsetBytes where to start, not negative
     * @return how many bytes were read; fewer than {@code dst} had room for only at the end of the file
     * @throws IOException when the file could not be read
     */
    public int read(ByteBuffer dst, long offsetBytes) throws IOException {
        return transfer(false, dst, offsetBytes);
    }

    /**
     * Reads until {@code dst} is full.
     *
     * @param dst takes the bytes; its position moves to its limit
     * @param offsetBytes where to start, not negative
     * @throws EOFException when the file ends before
     * @throws IOException when the file could not be read
     */
    public void readFully(ByteBuffer dst, long offsetBytes) throws IOException {
        int expected = dst.remaining();
        int found = transfer(false, dst, offsetBytes);
        if (found < expected) {
            dst.position(dst.position() - found);
            throw new EOFException(path + " ends too early: at offset " + offsetBytes + " expected " + expected
                    + " bytes, found " + found);
        }
    }

    /**
     * Writes all of {@code src}; the file grows when it has to.
     *
     * @param src its position moves to its limit
     * @param offsetBytes where to start, not negative
     * @throws IOException when not all was written
     */
    public void write(ByteBuffer src, long offsetBytes) throws IOException {
        transfer(true, src, offsetBytes);
    }

    /**
     * The file's length.
     *
     * @return bytes
     * @throws IOException when it could not be had
     */
    public long size() throws IOException {
        return uninterrupted(FileChannel::size);
    }

    /**
     * Cuts the file to a length. A file that is shorter stays as it is. A mapped file is never cut.
     *
     * @param sizeBytes not negative
     * @throws IOException when it was not cut
     */
    public void truncate(long sizeBytes) throws IOException {
        uninterrupted(open -> open.truncate(sizeBytes).size());
    }

    /**
     * Makes all that was written before the call durable, and waits for it.
     *
     * @throws IOException when it is not known to be durable, now or in an earlier sync
     * @throws UnsupportedOperationException when the file is open for reading only
     */
    public void sync() throws IOException {
        FileIo.await(requestSync(), path);
    }

    /**
     * Makes all that was written before the call durable.
     *
     * @return completed when it is, or with the {@link IOException} that {@link #sync} would throw; what depends on it runs
     *     on a thread that syncs, and so neither blocks nor syncs
     * @throws UnsupportedOperationException when the file is open for reading only
     */
    public CompletableFuture<Void> syncAsync() {
        return requestSync().copy();
    }

    @Override
    public void close() throws IOException {
        FileChannel last;
        synchronized (this) {
            closed = true;
            last = channel;
        }
        FileSync toClose = syncs;
        try (last) {
            if (toClose != null) {
                toClose.close();
            }
        }
    }

    static IllegalStateException closed(Path path) {
        return new IllegalStateException(path + " is closed");
    }

    private CompletableFuture<Void> requestSync() {
        FileSync present = syncs;
        if (present == null) {
            throw new UnsupportedOperationException(path + " is open for reading only");
        }
        return present.request();
    }

    private int transfer(boolean write, ByteBuffer buffer, long offsetBytes) throws IOException {
        int start = buffer.position();
        boolean interrupted = Thread.interrupted();
        try {
            while (buffer.hasRemaining()) {
                int next = buffer.position();
                FileChannel open = open();
                try {
                    long at = offsetBytes + (next - start);
                    int moved = write ? open.write(buffer, at) : open.read(buffer, at);
                    if (moved < 0) {
                        break;
                    }
                } catch (ClosedChannelException e) {
                    interrupted |= Thread.interrupted();
                    buffer.position(next); // an interrupted call may have moved it
                    reopen(open);
                }
            }
            return buffer.position() - start;
        } catch (IOException e) {
            buffer.position(start);
            String what = (write ? "write to " : "read from ") + path + " at offset " + offsetBytes + ", ";
            throw new IOException(what + buffer.remaining() + " bytes: " + e.getMessage(), e);
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private interface ChannelCall {
        long on(FileChannel open) throws IOException;
    }

    private long uninterrupted(ChannelCall call) throws IOException {
        boolean interrupted = Thread.interrupted();
        try {
            while (true) {
                FileChannel open = open();
                try {
                    return call.on(open);
                } catch (ClosedChannelException e) {
                    interrupted |= Thread.interrupted();
                    reopen(open);
                }
            }
        } catch (IOException e) {
            throw new IOException(path + ": " + e.getMessage(), e);
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private FileChannel open() {
        if (closed) {
            throw closed(path);
        }
        return channel;
    }

    /** Opens the file again, unless another thread that met the same closed channel has done so. */
    private synchronized void reopen(FileChannel broken) throws IOException {
        if (closed) {
            throw closed(path);
        }
        if (!channel.equals(broken)) {
            return;
        }
        FileChannel again = io.calls().open(path, access.reopening().options());
        Object found = fileKey();
        if (found != null && !found.equals(fileKey)) {
            try (again) {
                throw new IOException(path + " is another file than the one that was opened");
            }
        }
        channel = again;
    }

    private @Nullable Object fileKey() throws IOException {
        return Files.readAttributes(path, BasicFileAttributes.class).fileKey();
    }
}
