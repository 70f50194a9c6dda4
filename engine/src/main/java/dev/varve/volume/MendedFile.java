package dev.varve.volume;

import dev.varve.file.Access;
import dev.varve.file.FileIo;
import dev.varve.file.PositionalFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * A segment's file as it was found: it may be too short, too long, or not there, and reads as zeros where it has nothing.
 * Opened to be read; nothing of it changes before the first {@link #write}, which makes it if there is none.
 *
 * <p>Who opens a log refuses a file of another length. So the length comes last, when all the rest is durable: ended anywhere
 * before, what is not mended yet is not taken for what was never written.
 */
final class MendedFile implements SegmentFile, AutoCloseable {
    private final FileIo io;
    private final Path path;
    private final long number;
    private final int sizeBytes;
    private final long foundBytes;

    /** Null while there is none. */
    private @Nullable PositionalFile file;

    private boolean isWritten;

    /**
     * Opens it.
     *
     * @param sizeBytes the length that it is to have
     * @throws IOException when it is there and can't be opened
     */
    MendedFile(FileIo io, Path folder, long number, int sizeBytes) throws IOException {
        this.io = io;
        this.number = number;
        this.sizeBytes = sizeBytes;
        path = FileSegments.path(folder, number);
        PositionalFile found = null;
        long bytes = 0;
        boolean done = false;
        try {
            found = io.open(path, Access.READ);
            bytes = found.size();
            done = true;
        } catch (NoSuchFileException e) {
            done = true; // it is made anew, if anybody has its content
        } finally {
            if (!done && found != null) {
                found.close();
            }
        }
        file = found;
        foundBytes = bytes;
    }

    boolean isThere() {
        return file != null;
    }

    /** Whether it was found with its length. */
    boolean isOfItsLength() {
        return file != null && foundBytes == sizeBytes;
    }

    /** Whether some of it may be missing at the end. */
    boolean isShort() {
        return isShorterThan(sizeBytes);
    }

    /** Whether it had no bytes up to a place when it was found. */
    boolean isShorterThan(int bytes) {
        return foundBytes < bytes;
    }

    @Override
    public long number() {
        return number;
    }

    @Override
    public int sizeBytes() {
        return sizeBytes;
    }

    @Override
    public void read(ByteBuffer dst, long offsetBytes) throws IOException {
        PositionalFile present = file;
        if (present != null) {
            present.read(dst, offsetBytes);
        }
        LiveVolume.zero(dst, dst.remaining());
    }

    @Override
    public void write(ByteBuffer src, long offsetBytes) throws IOException {
        writable().write(src, offsetBytes);
    }

    private PositionalFile writable() throws IOException {
        PositionalFile present = file;
        if (present != null && isWritten) {
            return present;
        }
        if (present != null) {
            present.close();
            file = null;
            present = io.open(path, Access.WRITE);
        } else {
            Path folder = path.toAbsolutePath().getParent();
            if (folder != null && !Files.isDirectory(folder)) {
                io.createDirectory(folder);
            }
            present = io.open(path, Access.CREATE);
        }
        file = present;
        isWritten = true;
        return present;
    }

    /** Makes durable what was written, and then gives it its length. */
    void complete() throws IOException {
        PositionalFile present = writable();
        present.sync();
        long bytes = present.size();
        if (bytes == sizeBytes && foundBytes == sizeBytes) {
            return;
        }
        if (bytes > sizeBytes) {
            present.truncate(sizeBytes);
        } else if (bytes < sizeBytes) {
            present.write(ByteBuffer.allocate(1), sizeBytes - 1L);
        }
        present.sync();
        Path folder = path.toAbsolutePath().getParent();
        if (folder != null) {
            io.syncDirectory(folder);
            if (folder.getParent() != null) {
                io.syncDirectory(folder.getParent());
            }
        }
    }

    @Override
    public void sync() throws IOException {
        writable().sync();
    }

    @Override
    public String describe() {
        return path.toString();
    }

    @Override
    public void close() throws IOException {
        PositionalFile present = file;
        if (present != null) {
            present.close();
        }
    }
}
