package dev.varve.snapshot;

import dev.varve.block.BlockDevice;
import dev.varve.block.Extent;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Objects;
import java.util.Random;

/** A disk that is an array, with an allocation map of 512-byte sectors, and faults on demand. */
public final class MemoryDisk implements BlockDevice {
    private static final int SECTOR = 512;

    public final BitSet allocated = new BitSet();
    final byte[] bytes;
    private volatile long failAt = Long.MAX_VALUE;

    public MemoryDisk(int sizeBytes) {
        bytes = new byte[sizeBytes];
    }

    /** A disk of runs of random data, of zeros that are allocated, and of holes. */
    public static MemoryDisk random(Random random, int sizeBytes) {
        MemoryDisk disk = new MemoryDisk(sizeBytes);
        for (int at = 0; at < sizeBytes; ) {
            int run = Math.min(sizeBytes - at, SECTOR * (1 + random.nextInt(200)));
            int kind = random.nextInt(3);
            if (kind > 0) {
                disk.allocated.set(at / SECTOR, (at + run + SECTOR - 1) / SECTOR);
            }
            if (kind == 2) {
                byte[] data = new byte[run];
                random.nextBytes(data);
                System.arraycopy(data, 0, disk.bytes, at, run);
            }
            at += run;
        }
        return disk;
    }

    /** All of it, not copied. */
    public byte[] bytes() {
        return bytes;
    }

    /** Reads that touch this byte fail from now on. */
    public void failAt(long offset) {
        failAt = offset;
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
    public void read(ByteBuffer dst, long offset) throws IOException {
        Objects.checkFromIndexSize(offset, dst.remaining(), bytes.length);
        if (offset <= failAt && failAt < offset + dst.remaining()) {
            throw new IOException("bad sector at " + failAt);
        }
        dst.put(bytes, (int) offset, dst.remaining());
    }

    @Override
    public synchronized void write(ByteBuffer src, long offset) {
        Objects.checkFromIndexSize(offset, src.remaining(), bytes.length);
        allocated.set((int) offset / SECTOR, (int) (offset + src.remaining() + SECTOR - 1) / SECTOR);
        src.get(bytes, (int) offset, src.remaining());
    }

    @Override
    public void flush() {}

    @Override
    public void trim(long offset, long length) {
        writeZeroes(offset, length);
    }

    @Override
    public synchronized void writeZeroes(long offset, long length) {
        Arrays.fill(bytes, (int) offset, (int) (offset + length), (byte) 0);
    }

    @Override
    public synchronized List<Extent> extents(String map, long offset, long length, int limit) {
        List<Extent> extents = new ArrayList<>();
        long end = offset + length;
        for (long at = offset; at < end && extents.size() < limit; ) {
            int sector = (int) (at / SECTOR);
            boolean set = allocated.get(sector);
            long next = set ? allocated.nextClearBit(sector) : allocated.nextSetBit(sector);
            long until = next < 0 ? end : Math.min(end, next * SECTOR);
            extents.add(new Extent(at, until - at, set));
            at = until;
        }
        return extents;
    }

    @Override
    public void close() {}
}
