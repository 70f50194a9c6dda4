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
    /** What a disk loses at once, and what the kernel reads and writes at once. */
    private static final int BLOCK_BYTES = 4096;

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
    boolean isShorterThan(long bytes) {
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

    /** The end of the block in which something ends: so far it may be written. */
    static long blocksEnd(long end) {
        return (end + BLOCK_BYTES - 1) & -BLOCK_BYTES;
    }

    /**
     * Writes whole blocks, since the kernel has to read one of which a part is written, and can't if it is bad. What can't be
     * read of them beside {@code src} becomes zeros: it is as lost as before.
     */
    @Override
    public void write(ByteBuffer src, long offsetBytes) throws IOException {
        long end = offsetBytes + src.remaining();
        int start = (int) offsetBytes & -BLOCK_BYTES;
        long limit = isShort() ? sizeBytes - 1L : sizeBytes; // its length comes last
        ByteBuffer blocks = ByteBuffer.allocate((int) (Math.min(blocksEnd(end), Math.max(end, limit)) - start));
        HeaderWindow.readAll(this, blocks, start);
        blocks.clear().position((int) (offsetBytes - start)).put(src);
        writable().write(blocks.clear(), start);
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

    /** Makes durable what was written, also by a mending that was ended before, and then gives it its length. */
    void complete() throws IOException {
        PositionalFile present = writable();
        present.sync();
        long bytes = present.size();
        if (bytes > sizeBytes) {
            present.truncate(sizeBytes);
        } else if (bytes < sizeBytes) {
            present.write(ByteBuffer.allocate(1), sizeBytes - 1L);
        }
        if (bytes != sizeBytes || foundBytes != sizeBytes) {
            present.sync();
        }
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
