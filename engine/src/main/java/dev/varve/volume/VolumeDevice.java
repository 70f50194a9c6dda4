package dev.varve.volume;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.varve.block.BlockDevice;
import dev.varve.block.Extent;
import dev.varve.manifest.ManifestReader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;

/** A volume that somebody has open for writing. */
final class VolumeDevice implements BlockDevice {
    private final LiveVolume volume;
    private final Comparisons comparisons;
    private final Closer closer;

    @GuardedBy("closer")
    private boolean ended;

    private volatile boolean closed;

    /** Writes that have begun and not ended. */
    private final AtomicInteger writes = new AtomicInteger();

    /** Given to writers that wait, so that they need no object of their own. */
    private final BooleanSupplier cancelled;

    /** Lets go of the volume. */
    interface Closer {
        void close(VolumeDevice device) throws IOException;
    }

    /** Finds what a map compares the volume with. */
    interface Comparisons {
        /** The snapshot of a {@link BlockDevice#CHANGED_SINCE}; an {@link IllegalArgumentException} if there is none. */
        ManifestReader ofMap(String map) throws IOException;
    }

    VolumeDevice(LiveVolume volume, Comparisons comparisons, Closer closer) {
        this.volume = volume;
        this.comparisons = comparisons;
        this.closer = closer;
        cancelled = this::isClosed;
    }

    private boolean isClosed() {
        return closed;
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
        writes.incrementAndGet();
        try {
            check(offsetBytes, src.remaining());
            volume.write(src, offsetBytes, cancelled);
        } finally {
            ended();
        }
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
        writes.incrementAndGet();
        try {
            check(offsetBytes, lengthBytes);
            volume.writeZeroes(offsetBytes, lengthBytes, cancelled);
        } finally {
            ended();
        }
    }

    @Override
    public List<Extent> extents(String map, long offsetBytes, long lengthBytes, int limit) throws IOException {
        check(offsetBytes, lengthBytes);
        if (limit < 1) {
            throw new IllegalArgumentException("no extents are asked for: " + limit);
        }
        ManifestReader since = map.startsWith(CHANGED_SINCE) ? comparisons.ofMap(map) : null;
        return new VolumeExtents(volume, map, since, offsetBytes, lengthBytes).list(limit);
    }

    private void ended() {
        if (writes.decrementAndGet() == 0 && closed) {
            synchronized (writes) {
                writes.notifyAll();
            }
        }
    }

    /** Waits for writes that have begun: who opens the volume next is not to find them behind his own. */
    @Override
    public void close() throws IOException {
        closed = true;
        awaitWrites();
        synchronized (closer) {
            if (!ended) {
                ended = true;
                closer.close(this);
            }
        }
    }

    private void awaitWrites() {
        boolean interrupted = false;
        synchronized (writes) {
            while (writes.get() > 0) {
                try {
                    writes.wait();
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
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
