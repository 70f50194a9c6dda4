package dev.varve.snapshot;

import dev.varve.block.BlockDevice;
import dev.varve.block.Extent;
import dev.varve.manifest.ManifestReader;
import dev.varve.manifest.Manifests;
import dev.varve.manifest.TreeDiff;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A snapshot as a read-only disk, read straight from the store: every read fetches and checks what it needs, and nothing
 * is kept. Right for who reads a disk once; who reads it again and again wants a device with a cache.
 */
public final class SnapshotReader implements BlockDevice {
    private final Snapshots snapshots;
    private final Snapshot snapshot;
    private final ManifestReader blocks;
    private final int blockSizeBytes;
    private final Manifests manifests;
    private final AtomicBoolean closed = new AtomicBoolean();

    /** Reads a manifest that is in use until this is closed. */
    SnapshotReader(Snapshots snapshots, Snapshot snapshot, ManifestReader blocks, Manifests manifests) {
        this.snapshots = snapshots;
        this.snapshot = snapshot;
        this.blocks = blocks;
        this.manifests = manifests;
        manifests.use(blocks.manifest());
        this.blockSizeBytes = blocks.manifest().chunkSizeBytes();
    }

    /**
     * What is read.
     *
     * @return as it was when it was opened
     */
    public Snapshot snapshot() {
        return snapshot;
    }

    /**
     * Bytes of a block: reads of whole blocks cost least.
     *
     * @return a power of two from 4 KiB to 512 KiB
     */
    public int blockSizeBytes() {
        return blockSizeBytes;
    }

    @Override
    public long sizeBytes() {
        return snapshot.sizeBytes();
    }

    @Override
    public boolean isReadOnly() {
        return true;
    }

    @Override
    public void read(ByteBuffer dst, long offsetBytes) throws IOException {
        check(offsetBytes, dst.remaining());
        ByteBuffer into = dst.duplicate();
        ByteBuffer scratch = null;
        for (long at = offsetBytes; into.hasRemaining(); ) {
            long block = at / blockSizeBytes;
            int skip = (int) (at % blockSizeBytes);
            int length = Math.min(blockSizeBytes - skip, into.remaining());
            if (length == blockSizeBytes) {
                blocks.read(block, into);
            } else {
                scratch = scratch == null ? ByteBuffer.allocate(blockSizeBytes) : scratch.clear();
                blocks.read(block, scratch);
                into.put(scratch.slice(skip, length));
            }
            at += length;
        }
        dst.position(dst.limit());
    }

    @Override
    public void write(ByteBuffer src, long offsetBytes) {
        throw readOnly();
    }

    @Override
    public void flush() {
        requireOpen();
    }

    @Override
    public void trim(long offsetBytes, long lengthBytes) {
        throw readOnly();
    }

    @Override
    public void writeZeroes(long offsetBytes, long lengthBytes) {
        throw readOnly();
    }

    /** Knows {@link BlockDevice#ALLOCATION} and {@link BlockDevice#CHANGED_SINCE}, at the grain of blocks. */
    @Override
    public List<Extent> extents(String map, long offsetBytes, long lengthBytes, int limit) throws IOException {
        check(offsetBytes, lengthBytes);
        if (limit < 1) {
            throw new IllegalArgumentException("no extents are asked for: " + limit);
        }
        if (map.equals(ALLOCATION)) {
            return extents(blocks::nextPresent, blocks::nextAbsent, offsetBytes, lengthBytes, limit);
        }
        if (map.startsWith(CHANGED_SINCE)) {
            TreeDiff diff = blocks.diff(snapshots.ofMap(map));
            return extents(diff::nextDifferent, diff::nextSame, offsetBytes, lengthBytes, limit);
        }
        throw new IllegalArgumentException("a snapshot that is read without a cache has no map '" + map + "'");
    }

    /** Finds the first block of one kind in a range, else the range's end. */
    private interface Search {
        long next(long from, long to) throws IOException;
    }

    private List<Extent> extents(Search set, Search unset, long offsetBytes, long lengthBytes, int limit)
            throws IOException {
        List<Extent> extents = new ArrayList<>();
        long end = offsetBytes + lengthBytes;
        long lastBlock = (end + blockSizeBytes - 1) / blockSizeBytes;
        for (long at = offsetBytes; at < end && extents.size() < limit; ) {
            long block = at / blockSizeBytes;
            long data = set.next(block, lastBlock);
            long next = data > block ? data : unset.next(block, lastBlock);
            long until = Math.min(next * blockSizeBytes, end);
            extents.add(new Extent(at, until - at, data == block));
            at = until;
        }
        return extents;
    }

    @Override
    public void close() {
        if (closed.compareAndSet(false, true)) {
            manifests.leave(blocks.manifest());
        }
    }

    private void check(long offsetBytes, long lengthBytes) {
        requireOpen();
        Objects.checkFromIndexSize(offsetBytes, lengthBytes, sizeBytes());
    }

    private void requireOpen() {
        if (closed.get()) {
            throw new IllegalStateException(snapshot.id() + " is closed");
        }
    }

    private UnsupportedOperationException readOnly() {
        requireOpen();
        return new UnsupportedOperationException(snapshot.id() + " is a snapshot, which is never written");
    }
}
