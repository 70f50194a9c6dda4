package dev.varve.nbd.powercut;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.varve.block.BlockDevice;
import dev.varve.block.Extent;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A disk in memory that records every write and flush, in the order in which they came. A flush covers what was recorded
 * before it. The record takes at most {@link #MAX_BYTES}; a write beyond that fails.
 */
final class RecordingDisk implements BlockDevice {
    static final long MAX_BYTES = 512L << 20;

    @GuardedBy("this")
    private final PageImage content;

    @GuardedBy("this")
    private final List<DeviceEvent> events = new ArrayList<>();

    @GuardedBy("this")
    private long recordedBytes;

    /** Begins with a content, which it does not change. */
    RecordingDisk(PageImage base) {
        content = base.copy();
    }

    /** How many events there are. */
    synchronized int position() {
        return events.size();
    }

    synchronized List<DeviceEvent> events() {
        return List.copyOf(events);
    }

    @Override
    public synchronized long sizeBytes() {
        return content.sizeBytes();
    }

    @Override
    public boolean isReadOnly() {
        return false;
    }

    @Override
    public synchronized void read(ByteBuffer dst, long offsetBytes) {
        content.read(dst, offsetBytes);
    }

    @Override
    public void write(ByteBuffer src, long offsetBytes) throws IOException {
        byte[] bytes = new byte[src.remaining()];
        src.get(bytes);
        record(offsetBytes, bytes.length, bytes);
    }

    private synchronized void record(long offsetBytes, int lengthBytes, byte @Nullable [] bytes) throws IOException {
        recordedBytes += bytes == null ? 0 : lengthBytes;
        if (recordedBytes > MAX_BYTES) {
            throw new IOException("the record is full");
        }
        content.write(bytes, 0, lengthBytes, offsetBytes);
        events.add(new DeviceEvent.Write(offsetBytes, lengthBytes, bytes));
    }

    @Override
    public synchronized void flush() {
        events.add(new DeviceEvent.Flush());
    }

    @Override
    public void trim(long offsetBytes, long lengthBytes) throws IOException {
        record(offsetBytes, Math.toIntExact(lengthBytes), null);
    }

    @Override
    public void writeZeroes(long offsetBytes, long lengthBytes) throws IOException {
        record(offsetBytes, Math.toIntExact(lengthBytes), null);
    }

    @Override
    public List<Extent> extents(String map, long offsetBytes, long lengthBytes, int limit) {
        return List.of(new Extent(offsetBytes, lengthBytes, true));
    }

    /** Does nothing: it is in memory, and somebody else may use it next. */
    @Override
    public void close() {}
}
