package dev.varve;

import dev.varve.block.BlockDevice;
import dev.varve.block.Extent;
import dev.varve.chunk.ChunkId;
import dev.varve.chunk.ChunkKey;
import dev.varve.maintenance.Finder;
import dev.varve.maintenance.Scrubber;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Offers each block of a disk in which there is data: aligned, the last one padded with zeros. What can't be read is passed
 * over, block by block.
 */
final class DiskFinder implements Finder {
    private static final Logger LOG = LoggerFactory.getLogger(DiskFinder.class);
    private static final int WINDOW_BYTES = 1 << 20;
    private static final int EXTENTS = 256;

    /** So much of the map is asked for at once. */
    private static final long MAP_BYTES = 1L << 30;

    private final String name;
    private final BlockDevice disk;
    private final String map;

    /**
     * A disk, or a part of it.
     *
     * @param map one of the disk's: what is not set there is not looked at
     */
    DiskFinder(String name, BlockDevice disk, String map) {
        this.name = name;
        this.disk = disk;
        this.map = map;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public long sizeBytes() {
        return disk.sizeBytes();
    }

    @Override
    public void find(Set<ChunkKey> wanted, Taker taker, Scrubber.Progress progress) throws IOException {
        if (wanted.isEmpty()) {
            return;
        }
        Blocks blocks = new Blocks(taker);
        long size = disk.sizeBytes();
        for (long at = 0; at < size && !wanted.isEmpty(); ) {
            List<Extent> extents = disk.extents(map, at, Math.min(MAP_BYTES, size - at), EXTENTS);
            for (Extent extent : extents) {
                if (extent.set()) {
                    blocks.read(extent, wanted, done -> progress.progress(done, size));
                }
                at = extent.endBytes();
            }
            progress.progress(at, size);
        }
    }

    @Override
    public byte @Nullable [] node(ChunkId id) {
        return null;
    }

    /** Is told how far it is. */
    private interface Place {
        void at(long offsetBytes);
    }

    /** Reads blocks, each once though several runs of data are in it. */
    private final class Blocks {
        private final Taker taker;
        private final int blockBytes;
        private final ByteBuffer window;
        private long next;

        Blocks(Taker taker) {
            this.taker = taker;
            blockBytes = taker.chunkSizeBytes();
            window = ByteBuffer.allocateDirect(Math.max(WINDOW_BYTES, blockBytes));
        }

        void read(Extent extent, Set<ChunkKey> wanted, Place place) {
            next = Math.max(next, extent.offsetBytes() / blockBytes * blockBytes);
            while (next < extent.endBytes() && !wanted.isEmpty()) {
                long end = Math.min(extent.endBytes() + blockBytes - 1, disk.sizeBytes());
                int length = (int) Math.min(window.capacity(), end - next);
                if (length > blockBytes) {
                    length -= length % blockBytes;
                }
                if (!offer(length) && length > blockBytes) {
                    long after = next + length;
                    for (; next < after; next += blockBytes) {
                        offer((int) Math.min(blockBytes, after - next));
                    }
                } else {
                    next += length;
                }
                place.at(Math.min(next, disk.sizeBytes()));
            }
        }

        /** Reads and offers blocks; false when they can't be read. */
        private boolean offer(int length) {
            try {
                disk.read(window.clear().limit(length), next);
            } catch (IOException e) {
                LOG.debug("{} can't be read at {}", name, next, e);
                return false;
            }
            window.limit((length + blockBytes - 1) / blockBytes * blockBytes);
            while (window.position() < window.limit()) {
                window.put((byte) 0);
            }
            for (int at = 0; at < window.limit(); at += blockBytes) {
                taker.offer(window.slice(at, blockBytes));
            }
            return true;
        }
    }
}
