package dev.varve.volume;

import dev.varve.block.BlockDevice;
import dev.varve.block.Extent;
import dev.varve.snapshot.SnapshotReader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/** A snapshot as a read-only disk with the cache before it. It knows the extent maps of both, at the grain of blocks. */
final class SnapshotDevice implements BlockDevice {
    private final SnapshotReader direct;
    private final HydratingReader reader;
    private volatile boolean closed;

    /** Takes the reader without a cache over. */
    SnapshotDevice(SnapshotReader direct, HydratingReader reader) {
        this.direct = direct;
        this.reader = reader;
    }

    @Override
    public long sizeBytes() {
        return direct.sizeBytes();
    }

    @Override
    public boolean isReadOnly() {
        return true;
    }

    @Override
    public void read(ByteBuffer dst, long offsetBytes) throws IOException {
        requireOpen();
        Objects.checkFromIndexSize(offsetBytes, (long) dst.remaining(), sizeBytes());
        reader.read(dst, offsetBytes);
    }

    @Override
    public void write(ByteBuffer src, long offsetBytes) {
        direct.write(src, offsetBytes);
    }

    @Override
    public void flush() {
        requireOpen();
    }

    @Override
    public void trim(long offsetBytes, long lengthBytes) {
        direct.trim(offsetBytes, lengthBytes);
    }

    @Override
    public void writeZeroes(long offsetBytes, long lengthBytes) {
        direct.writeZeroes(offsetBytes, lengthBytes);
    }

    @Override
    public List<Extent> extents(String map, long offsetBytes, long lengthBytes, int limit) throws IOException {
        requireOpen();
        if (!map.equals(HYDRATION)) {
            return direct.extents(map, offsetBytes, lengthBytes, limit);
        }
        Objects.checkFromIndexSize(offsetBytes, lengthBytes, sizeBytes());
        if (limit < 1) {
            throw new IllegalArgumentException("no extents are asked for: " + limit);
        }
        List<Extent> extents = new ArrayList<>();
        long end = offsetBytes + lengthBytes;
        int size = direct.blockSizeBytes();
        long lastBlock = (end + size - 1) / size;
        for (long at = offsetBytes; at < end && extents.size() < limit; ) {
            long block = at / size;
            boolean hydrated = reader.isHydrated(block);
            long until = Math.min(reader.hydrationEnds(block, lastBlock, hydrated) * size, end);
            extents.add(new Extent(at, until - at, hydrated));
            at = until;
        }
        return extents;
    }

    @Override
    public void close() {
        closed = true;
        direct.close();
    }

    private void requireOpen() {
        if (closed) {
            throw new IllegalStateException(direct.snapshot().id() + " is closed");
        }
    }
}
