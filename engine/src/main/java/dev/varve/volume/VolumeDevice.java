package dev.varve.volume;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.varve.block.BlockDevice;
import dev.varve.block.Extent;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Objects;

/** A volume that somebody has open for writing. */
final class VolumeDevice implements BlockDevice {
    private final LiveVolume volume;
    private final Closer closer;

    @GuardedBy("closer")
    private boolean ended;

    private volatile boolean closed;

    /** Lets go of the volume. */
    interface Closer {
        void close(VolumeDevice device) throws IOException;
    }

    VolumeDevice(LiveVolume volume, Closer closer) {
        this.volume = volume;
        this.closer = closer;
    }

    @Override
    public long sizeBytes() {
        return volume.sizeBytes();
    }

    @Override
    public boolean isReadOnly() {
        return false;
    }

    @Override
    public void read(ByteBuffer dst, long offsetBytes) throws IOException {
        check(offsetBytes, dst.remaining());
        volume.read(dst, offsetBytes);
    }

    @Override
    public void write(ByteBuffer src, long offsetBytes) throws IOException {
        check(offsetBytes, src.remaining());
        volume.write(src, offsetBytes);
    }

    @Override
    public void flush() throws IOException {
        requireOpen();
        volume.flush();
    }

    @Override
    public void trim(long offsetBytes, long lengthBytes) throws IOException {
        writeZeroes(offsetBytes, lengthBytes);
    }

    @Override
    public void writeZeroes(long offsetBytes, long lengthBytes) throws IOException {
        check(offsetBytes, lengthBytes);
        volume.writeZeroes(offsetBytes, lengthBytes);
    }

    @Override
    public List<Extent> extents(String map, long offsetBytes, long lengthBytes, int limit) throws IOException {
        check(offsetBytes, lengthBytes);
        if (limit < 1) {
            throw new IllegalArgumentException("no extents are asked for: " + limit);
        }
        return new VolumeExtents(volume, map).list(offsetBytes, lengthBytes, limit);
    }

    @Override
    public void close() throws IOException {
        closed = true;
        synchronized (closer) {
            if (!ended) {
                ended = true;
                closer.close(this);
            }
        }
    }

    private void check(long offsetBytes, long lengthBytes) {
        requireOpen();
        Objects.checkFromIndexSize(offsetBytes, lengthBytes, sizeBytes());
    }

    private void requireOpen() {
        if (closed) {
            throw new IllegalStateException(volume.id() + " is closed");
        }
    }
}
