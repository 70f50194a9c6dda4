package dev.varve.volume;

import dev.varve.block.BlockDevice;
import dev.varve.cache.ChunkCache;
import dev.varve.cache.ChunkLoader;
import dev.varve.chunk.ChunkId;
import dev.varve.manifest.Leaf;
import dev.varve.manifest.Manifest;
import dev.varve.manifest.ManifestReader;
import dev.varve.manifest.TreeDiff;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * Reads a manifest's disk through the chunk cache, from any number of threads.
 *
 * <p><b>A warm read</b> is a look into a table of leaves, a look at the word beside the chunk's id, and a copy: it takes
 * no lock and allocates nothing. Leaves are shared by all disks that have the same 32 MiB, and so are their words: what
 * one disk has fetched, all find.
 *
 * <p><b>Memory.</b> The table has one place for each leaf of the disk, at most {@value #MAX_LEAVES} (beyond, leaves share
 * places), and is made on the first read. A leaf it holds stays in memory although the node cache may have dropped it: at
 * most 20 KiB each.
 */
final class HydratingReader {
    static final int MAX_LEAVES = 1024;

    private static final ByteBuffer ZEROS = ByteBuffer.allocateDirect(64 << 10).asReadOnlyBuffer();

    private final ManifestReader manifest;
    private final ChunkCache cache;
    private final ChunkLoader loader;
    private final int chunkShift;
    private final int chunkMask;
    private volatile @Nullable AtomicReferenceArray<@Nullable Held> leaves;

    /** A leaf and which it is; no leaf where all is zeros. */
    private record Held(long index, @Nullable Leaf leaf) {}

    HydratingReader(ManifestReader manifest, ChunkCache cache, ChunkLoader loader) {
        this.manifest = manifest;
        this.cache = cache;
        this.loader = loader;
        chunkShift = Integer.numberOfTrailingZeros(manifest.manifest().chunkSizeBytes());
        chunkMask = manifest.manifest().chunkSizeBytes() - 1;
    }

    /** Reads a range that the caller has checked, as {@link BlockDevice#read} does. */
    void read(ByteBuffer dst, long offsetBytes) throws IOException {
        read(dst, offsetBytes, null);
    }

    /**
     * The same.
     *
     * @param touches where first reads are noted; null when they are not
     */
    void read(ByteBuffer dst, long offsetBytes, @Nullable FirstTouches touches) throws IOException {
        int start = dst.position();
        boolean done = false;
        try {
            for (long at = offsetBytes; dst.hasRemaining(); ) {
                int skip = (int) at & chunkMask;
                int length = Math.min(chunkMask + 1 - skip, dst.remaining());
                readBlock(at >>> chunkShift, skip, dst, length, touches);
                at += length;
            }
            done = true;
        } finally {
            if (!done) {
                dst.position(start);
            }
        }
    }

    private void readBlock(long block, int skip, ByteBuffer dst, int length, @Nullable FirstTouches touches)
            throws IOException {
        Leaf leaf = leaf(block / Leaf.BLOCKS);
        int i = (int) (block % Leaf.BLOCKS);
        if (touches != null && leaf != null && touches.isFirst(block)) {
            note(touches, leaf.chunk(i));
        }
        if (leaf != null && cache.read(leaf.word(i), skip, dst, length)) {
            return;
        }
        ChunkId id = leaf == null ? null : leaf.chunk(i);
        if (leaf == null || id == null) {
            zero(dst, length);
        } else {
            long word = cache.readThrough(manifest.manifest().key(id), loader, skip, dst, length);
            if (word != ChunkCache.MISS) {
                leaf.setWord(i, word);
            }
        }
    }

    private static void note(FirstTouches order, @Nullable ChunkId id) {
        if (id != null) {
            order.add(id);
        }
    }

    private static void zero(ByteBuffer dst, int length) {
        for (int left = length; left > 0; ) {
            int some = Math.min(left, ZEROS.capacity());
            dst.put(dst.position(), ZEROS, 0, some);
            dst.position(dst.position() + some);
            left -= some;
        }
    }

    private @Nullable Leaf leaf(long index) throws IOException {
        AtomicReferenceArray<@Nullable Held> table = leaves;
        if (table == null) {
            table = makeTable();
        }
        int place = (int) (index % table.length());
        Held held = table.getAcquire(place);
        if (held == null || held.index != index) {
            held = new Held(index, manifest.leaf(index));
            table.setRelease(place, held);
        }
        return held.leaf;
    }

    private synchronized AtomicReferenceArray<@Nullable Held> makeTable() {
        AtomicReferenceArray<@Nullable Held> table = leaves;
        if (table == null) {
            long count = (manifest.manifest().blockCount() + Leaf.BLOCKS - 1) / Leaf.BLOCKS;
            table = new AtomicReferenceArray<>((int) Math.min(count, MAX_LEAVES));
            leaves = table;
        }
        return table;
    }

    /** Where a run of blocks ends of which a read needs nothing from the store, or something; costs what it holds. */
    long hydrationEnds(long block, long end, boolean hydrated) throws IOException {
        long at = block;
        while (at < end) {
            if (isPresent(at)) {
                if (isHydrated(at) != hydrated) {
                    return at;
                }
                at++;
            } else if (hydrated) {
                at = manifest.nextPresent(at, end);
            } else {
                return at;
            }
        }
        return at;
    }

    /** Where a run of blocks ends that are zeros, or may be something else. */
    long presenceEnds(long block, long end, boolean present) throws IOException {
        return present ? manifest.nextAbsent(block, end) : manifest.nextPresent(block, end);
    }

    /** Whether a block may be anything but zeros. */
    boolean isPresent(long block) throws IOException {
        Leaf leaf = leaf(block / Leaf.BLOCKS);
        return leaf != null && leaf.isPresent((int) (block % Leaf.BLOCKS));
    }

    /** Whether a read of a block needs nothing from the store. */
    boolean isHydrated(long block) throws IOException {
        Leaf leaf = leaf(block / Leaf.BLOCKS);
        ChunkId id = leaf == null ? null : leaf.chunk((int) (block % Leaf.BLOCKS));
        return id == null || cache.has(manifest.manifest().key(id));
    }

    /** Where another disk differs from this one. */
    TreeDiff diff(ManifestReader other) {
        return other.diff(manifest);
    }

    Manifest manifest() {
        return manifest.manifest();
    }
}
