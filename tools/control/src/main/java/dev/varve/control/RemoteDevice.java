package dev.varve.control;

import dev.varve.block.BlockDevice;
import dev.varve.block.Extent;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/** A raw disk that the caller has open. */
final class RemoteDevice implements BlockDevice {
    /** Extents of one call. */
    static final int MAX_EXTENTS = 4096;

    static final int EXTENT_BYTES = 3 * Long.BYTES;

    private final RemoteCaller caller;
    private final Path name;
    private final long handle;
    private final long sizeBytes;
    private final boolean isReadOnly;
    private volatile boolean closed;

    RemoteDevice(RemoteCaller caller, Path name, long handle, long sizeBytes, boolean isReadOnly) throws IOException {
        if (sizeBytes < 0) {
            throw new IOException(name + ": a disk of " + sizeBytes + " bytes");
        }
        this.caller = caller;
        this.name = name;
        this.handle = handle;
        this.sizeBytes = sizeBytes;
        this.isReadOnly = isReadOnly;
    }

    @Override
    public long sizeBytes() {
        return sizeBytes;
    }

    @Override
    public boolean isReadOnly() {
        return isReadOnly;
    }

    private BodyWriter at(Call kind, long offsetBytes) {
        return RemoteCaller.message(kind).number(handle).number(offsetBytes);
    }

    @Override
    public void read(ByteBuffer dst, long offsetBytes) throws IOException {
        check(offsetBytes, dst.remaining());
        int length = dst.remaining();
        ByteBuffer to = dst.duplicate();
        for (int done = 0; done < length; ) {
            int part = Math.min(length - done, FrameChannel.MAX_DATA_BYTES);
            ByteBuffer bytes = caller.call(at(Call.READ_AT, offsetBytes + done).number(part), part)
                    .rest();
            if (bytes.remaining() != part) {
                throw new IOException(name + ": " + bytes.remaining() + " bytes came instead of " + part);
            }
            to.put(bytes);
            done += part;
        }
        dst.position(dst.limit());
    }

    @Override
    public void write(ByteBuffer src, long offsetBytes) throws IOException {
        checkWritable(offsetBytes, src.remaining());
        for (long at = offsetBytes; src.hasRemaining(); ) {
            byte[] part = new byte[Math.min(src.remaining(), FrameChannel.MAX_DATA_BYTES)];
            src.get(part);
            caller.call(at(Call.WRITE_AT, at).bytes(part, 0, part.length));
            at += part.length;
        }
    }

    @Override
    public void flush() throws IOException {
        check(0, 0);
        if (!isReadOnly) {
            caller.call(RemoteCaller.message(Call.FLUSH).number(handle));
        }
    }

    @Override
    public void trim(long offsetBytes, long lengthBytes) throws IOException {
        checkWritable(offsetBytes, lengthBytes);
        caller.call(at(Call.TRIM, offsetBytes).number(lengthBytes));
    }

    @Override
    public void writeZeroes(long offsetBytes, long lengthBytes) throws IOException {
        checkWritable(offsetBytes, lengthBytes);
        caller.call(at(Call.WRITE_ZEROES, offsetBytes).number(lengthBytes));
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
        List<Extent> extents = new ArrayList<>();
        long end = offsetBytes + lengthBytes;
        for (long at = offsetBytes; at < end && extents.size() < limit; ) {
            at = addExtents(extents, at, end, Math.min(MAX_EXTENTS, limit - extents.size()));
        }
        return extents;
    }

    private long addExtents(List<Extent> extents, long start, long end, int limit) throws IOException {
        BodyReader answer = caller.call(
                at(Call.EXTENTS, start).number(end - start).number(limit), Long.BYTES + limit * EXTENT_BYTES);
        int count = answer.number(1, limit);
        long at = start;
        for (int i = 0; i < count; i++) {
            long offset = answer.number();
            long length = answer.number();
            if (offset != at || length <= 0 || length > end - at) {
                throw new IOException(
                        name + ": its map has a run of " + length + " bytes at " + offset + ", not " + at);
            }
            extents.add(new Extent(offset, length, answer.flag()));
            at += length;
        }
        return at;
    }

    /** Says that the disk is whole. */
    void commit() throws IOException {
        caller.call(RemoteCaller.message(Call.COMMIT).number(handle));
    }

    private void check(long offsetBytes, long lengthBytes) {
        if (closed) {
            throw new IllegalStateException(name + " is closed");
        }
        Objects.checkFromIndexSize(offsetBytes, lengthBytes, sizeBytes);
    }

    private void checkWritable(long offsetBytes, long lengthBytes) {
        check(offsetBytes, lengthBytes);
        if (isReadOnly) {
            throw new UnsupportedOperationException(name + " is open for reading only");
        }
    }

    @Override
    public void close() throws IOException {
        if (!closed) {
            closed = true;
            caller.close(handle);
        }
    }
}
