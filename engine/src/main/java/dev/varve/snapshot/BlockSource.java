package dev.varve.snapshot;

import dev.varve.block.BlockDevice;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.Channels;
import java.nio.channels.ReadableByteChannel;

/** A disk to be copied into the store: one that can be read anywhere, or a stream of its bytes. */
public abstract sealed class BlockSource permits DeviceSource, StreamSource {
    /** The smallest unit of a disk: sizes are multiples of it. */
    static final int SECTOR_BYTES = 512;

    /** The longest disk: 64 TiB, the largest EBS volume. */
    static final long MAX_SIZE_BYTES = 1L << 46;

    BlockSource() {}

    /**
     * A disk that can be read anywhere. Only what its {@link BlockDevice#ALLOCATION} map calls set is read, by several
     * threads at once.
     *
     * @param device stays open until the operation has ended, and is not closed by it
     * @return the source
     */
    public static BlockSource of(BlockDevice device) {
        return new DeviceSource(device);
    }

    /**
     * A disk whose bytes come in order, until the stream ends. It serves one operation.
     *
     * @param stream blocking, and not closed
     * @return the source
     */
    public static BlockSource of(ReadableByteChannel stream) {
        return new StreamSource(stream);
    }

    /**
     * A disk whose bytes come in order, until the stream ends. It serves one operation.
     *
     * @param stream is not closed
     * @return the source
     */
    public static BlockSource of(InputStream stream) {
        return new StreamSource(Channels.newChannel(stream));
    }

    /** Starts at the beginning of the disk. */
    abstract CopyPieces.Feed feed(int blockSizeBytes) throws IOException;

    /** The disk's length where it is known before it is read, and may be imported; otherwise -1. */
    abstract long knownSizeBytes() throws IOException;

    /** What a disk's size must be. */
    static long requireSize(long sizeBytes) throws IOException {
        if (sizeBytes == 0) {
            throw new IOException("the disk is empty");
        }
        if (sizeBytes < 0 || sizeBytes > MAX_SIZE_BYTES) {
            throw new IOException("the disk has " + sizeBytes + " bytes, more than 64 TiB");
        }
        if (sizeBytes % SECTOR_BYTES != 0) {
            throw new IOException("the disk has " + sizeBytes + " bytes, not a multiple of " + SECTOR_BYTES);
        }
        return sizeBytes;
    }
}
