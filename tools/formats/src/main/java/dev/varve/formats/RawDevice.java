package dev.varve.formats;

import dev.varve.block.BlockDevice;
import dev.varve.block.Extent;
import dev.varve.file.FileIo;
import dev.varve.file.PositionalFile;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * A raw image file, or a block device, as a disk: byte {@code n} of the one is byte {@code n} of the other.
 *
 * <p>Its allocation map is what the file system knows of holes; where it knows nothing, all is data. Trimmed and zeroed
 * ranges become holes where the file system or device can do that, and written zeros elsewhere. A write to a file may
 * only reach what {@link #create} or its maker gave it room for: the disk never grows.
 */
public final class RawDevice implements BlockDevice {
    /** Disks are counted in sectors of this size. */
    public static final int SECTOR_BYTES = 512;

    /** Holes of smaller files are read rather than looked for: that takes less time than loading native access. */
    static final long LOOK_FOR_HOLES_BYTES = 128L << 20;

    /** Shorter runs of zeros are written to a device like data: asking it to make them costs more. */
    private static final int MOVED_ZEROS_BYTES = 1 << 18;

    private static final int ZEROS_BYTES = 1 << 16;
    private static final ByteBuffer ZEROS =
            ByteBuffer.allocateDirect(ZEROS_BYTES).asReadOnlyBuffer();

    /** What a device is opened for. */
    public enum Access {
        /** Writing is refused. */
        READ(dev.varve.file.Access.READ),
        /** A block device is claimed: one that is mounted is refused, where the system can tell. */
        WRITE(dev.varve.file.Access.WRITE);

        private final dev.varve.file.Access ofFile;

        Access(dev.varve.file.Access ofFile) {
            this.ofFile = ofFile;
        }
    }

    private final Path shownAs;
    private final FileIo io = new FileIo();
    private final PositionalFile file;
    private final boolean isBlockDevice;
    private final long sizeBytes;
    private final Access access;
    private final LazyNative nativeFile;
    private volatile boolean closed;

    private RawDevice(Path path, Path shownAs, boolean isBlockDevice, Access access) throws IOException {
        this.shownAs = shownAs;
        this.isBlockDevice = isBlockDevice;
        this.access = access;
        nativeFile = new LazyNative(path, modeOf(isBlockDevice, access));
        try {
            if (isBlockDevice && access == Access.WRITE) {
                nativeFile.get();
            }
            file = io.open(path, access.ofFile);
            sizeBytes = file.size();
        } catch (IOException | RuntimeException e) {
            nativeFile.close();
            io.close();
            throw e;
        }
    }

    private static NativeFile.Mode modeOf(boolean isBlockDevice, Access access) {
        if (access == Access.READ) {
            return NativeFile.Mode.READ;
        }
        return isBlockDevice ? NativeFile.Mode.WRITE_CLAIMED : NativeFile.Mode.WRITE;
    }

    /**
     * Opens an existing disk.
     *
     * @param path a file or a block device
     * @param access what for
     * @return closed by the caller
     * @throws DiskImageException when it can't be opened or is no disk: absent, a directory, a pipe
     */
    public static RawDevice open(Path path, Access access) throws DiskImageException {
        try {
            FileKind kind = FileKind.of(path);
            switch (kind) {
                case ABSENT -> throw new DiskImageException(path, "no such file; check the path");
                case DIRECTORY -> throw new DiskImageException(path, "this is a directory; give a disk image in it");
                case STREAM -> throw new DiskImageException(path, "this is neither a file nor a block device");
                case REGULAR, BLOCK_DEVICE -> {}
            }
            RawDevice device = new RawDevice(path, path, kind == FileKind.BLOCK_DEVICE, access);
            if (device.sizeBytes >= LOOK_FOR_HOLES_BYTES && !device.isBlockDevice) {
                NativeFile.prepare();
            }
            return device;
        } catch (IOException e) {
            throw DiskImageException.of(path, e);
        }
    }

    /**
     * Checks a size that a disk is to have; {@link #open} does not, so that what a file is can be found out first.
     *
     * @param path what messages call it
     * @param sizeBytes the size
     * @throws DiskImageException when it is zero, or not a whole number of sectors
     */
    public static void requireWholeSectors(Path path, long sizeBytes) throws DiskImageException {
        if (sizeBytes == 0) {
            throw new DiskImageException(path, "this is empty; give a disk image");
        }
        if (sizeBytes % SECTOR_BYTES != 0) {
            throw new DiskImageException(
                    path,
                    "its size, " + sizeBytes
                            + " bytes, is not a multiple of 512: it was cut short or is no disk; if its"
                            + " end is known to be zeros, pad it (truncate -s %512)");
        }
    }

    /** Gives an empty file a size, all of it a hole, and opens it for writing. */
    static RawDevice create(Path path, Path shownAs, long sizeBytes) throws IOException {
        try (RandomAccessFile empty = new RandomAccessFile(path.toFile(), "rw")) {
            empty.setLength(sizeBytes);
        } catch (IOException e) {
            throw DiskImageException.of(shownAs, e);
        }
        return new RawDevice(path, shownAs, false, Access.WRITE);
    }

    @Override
    public long sizeBytes() {
        return sizeBytes;
    }

    @Override
    public boolean isReadOnly() {
        return access == Access.READ;
    }

    @Override
    public void read(ByteBuffer dst, long offsetBytes) throws IOException {
        check(offsetBytes, dst.remaining());
        try {
            file.readFully(dst, offsetBytes);
        } catch (IOException e) {
            throw DiskImageException.of(shownAs, e);
        }
    }

    @Override
    public void write(ByteBuffer src, long offsetBytes) throws IOException {
        checkWritable(offsetBytes, src.remaining());
        try {
            file.write(src, offsetBytes);
        } catch (IOException e) {
            throw DiskImageException.of(shownAs, e);
        }
    }

    @Override
    public void flush() throws IOException {
        check(0, 0);
        if (access == Access.WRITE) {
            try {
                file.sync();
            } catch (IOException e) {
                throw DiskImageException.of(shownAs, e);
            }
        }
    }

    @Override
    public void trim(long offsetBytes, long lengthBytes) throws IOException {
        checkWritable(offsetBytes, lengthBytes);
        NativeFile calls = lengthBytes == 0 ? null : nativeFile.get();
        if (calls == null || !calls.punchHole(offsetBytes, lengthBytes)) {
            writePlainZeros(offsetBytes, lengthBytes);
        }
    }

    @Override
    public void writeZeroes(long offsetBytes, long lengthBytes) throws IOException {
        checkWritable(offsetBytes, lengthBytes);
        if (!isBlockDevice) {
            trim(offsetBytes, lengthBytes);
        } else if (lengthBytes < MOVED_ZEROS_BYTES || !zeroRange(offsetBytes, lengthBytes)) {
            writePlainZeros(offsetBytes, lengthBytes);
        }
    }

    private boolean zeroRange(long offsetBytes, long lengthBytes) throws IOException {
        NativeFile calls = nativeFile.get();
        return calls != null
                && (calls.zeroRange(offsetBytes, lengthBytes) || calls.punchHole(offsetBytes, lengthBytes));
    }

    private void writePlainZeros(long offsetBytes, long lengthBytes) throws IOException {
        for (long done = 0; done < lengthBytes; ) {
            int length = (int) Math.min(ZEROS_BYTES, lengthBytes - done);
            write(ZEROS.slice(0, length), offsetBytes + done);
            done += length;
        }
    }

    @Override
    public List<Extent> extents(String map, long offsetBytes, long lengthBytes, int limit) throws IOException {
        if (!map.equals(ALLOCATION)) {
            throw new IllegalArgumentException("a raw disk has no map " + map);
        }
        if (limit < 1) {
            throw new IllegalArgumentException("limit " + limit);
        }
        check(offsetBytes, lengthBytes);
        if (lengthBytes == 0) {
            return List.of();
        }
        NativeFile calls = isBlockDevice || sizeBytes < LOOK_FOR_HOLES_BYTES ? null : nativeFile.get();
        if (calls == null) {
            return List.of(new Extent(offsetBytes, lengthBytes, true));
        }
        List<Extent> extents = holesAndData(calls, offsetBytes, offsetBytes + lengthBytes, limit);
        // What is missing at the end looks like a hole, and is none.
        if (file.size() < sizeBytes) {
            throw DiskImageException.cut(shownAs);
        }
        return extents;
    }

    private static List<Extent> holesAndData(NativeFile calls, long start, long end, int limit) {
        List<Extent> extents = new ArrayList<>();
        for (long offset = start; offset < end && extents.size() < limit; ) {
            long data = calls.nextData(offset);
            long dataStart = data < 0 ? end : Math.min(data, end);
            if (dataStart > offset) {
                extents.add(new Extent(offset, dataStart - offset, false));
                offset = dataStart;
                continue;
            }
            long hole = Math.min(calls.nextHole(offset, end), end);
            long dataEnd = hole > offset ? hole : end; // punched between the two calls: reading it is right too
            extents.add(new Extent(offset, dataEnd - offset, true));
            offset = dataEnd;
        }
        return extents;
    }

    private void check(long offsetBytes, long lengthBytes) {
        if (closed) {
            throw new IllegalStateException(shownAs + " is closed");
        }
        Objects.checkFromIndexSize(offsetBytes, lengthBytes, sizeBytes);
    }

    private void checkWritable(long offsetBytes, long lengthBytes) {
        check(offsetBytes, lengthBytes);
        if (access == Access.READ) {
            throw new UnsupportedOperationException(shownAs + " is open for reading only");
        }
    }

    @Override
    public synchronized void close() throws IOException {
        if (!closed) {
            closed = true;
            nativeFile.close();
            try (io) {
                file.close();
            }
        }
    }
}
