package dev.varve.nbd;

import dev.varve.block.BlockDevice;
import dev.varve.block.Extent;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** A small disk that is an array; pages of zeros are holes. */
final class HeapDisk implements BlockDevice {
    private static final int PAGE = 4096;

    private final byte[] bytes;
    private boolean closed;

    HeapDisk(int sizeBytes) {
        bytes = new byte[sizeBytes];
    }

    boolean isClosed() {
        return closed;
    }

    @Override
    public long sizeBytes() {
        return bytes.length;
    }

    @Override
    public boolean isReadOnly() {
        return false;
    }

    @Override
    public synchronized void read(ByteBuffer dst, long offsetBytes) {
        dst.put(bytes, Math.toIntExact(offsetBytes), dst.remaining());
    }

    @Override
    public synchronized void write(ByteBuffer src, long offsetBytes) {
        src.get(bytes, Math.toIntExact(offsetBytes), src.remaining());
    }

    @Override
    public void flush() {
        // there is nowhere to write it to
    }

    @Override
    public void trim(long offsetBytes, long lengthBytes) {
        writeZeroes(offsetBytes, lengthBytes);
    }

    @Override
    public synchronized void writeZeroes(long offsetBytes, long lengthBytes) {
        int at = Math.toIntExact(offsetBytes);
        Arrays.fill(bytes, at, at + Math.toIntExact(lengthBytes), (byte) 0);
    }

    @Override
    public synchronized List<Extent> extents(String map, long offsetBytes, long lengthBytes, int limit) {
        List<Extent> extents = new ArrayList<>();
        long end = offsetBytes + lengthBytes;
        for (long at = offsetBytes; at < end && extents.size() < limit; ) {
            long next = Math.min(end, (at / PAGE + 1) * PAGE);
            boolean isSet = false;
            for (long i = at; i < next; i++) {
                isSet |= bytes[(int) i] != 0;
            }
            extents.add(new Extent(at, next - at, isSet));
            at = next;
        }
        return extents;
    }

    @Override
    public void close() {
        closed = true;
    }
}
