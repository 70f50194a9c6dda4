package dev.varve.store;

import java.util.UUID;

/**
 * What a store was created with; never changes.
 *
 * @param id the store's own id, which its packs carry
 * @param formatVersion version of the format on disk
 * @param chunkSizeBytes bytes of a block: a power of two from 4 KiB to 512 KiB
 * @param compression how new chunks are compressed
 */
public record StoreProperties(UUID id, int formatVersion, int chunkSizeBytes, Compression compression) {
    /** The smallest chunk. */
    public static final int MIN_CHUNK_SIZE_BYTES = 4 << 10;

    /** The largest chunk: the block of the EBS API. */
    public static final int MAX_CHUNK_SIZE_BYTES = 512 << 10;

    /** The chunk size that stores real disks best with LZ4 and boots with the least read beyond need. */
    public static final int DEFAULT_CHUNK_SIZE_BYTES = 64 << 10;

    /** Checks the chunk size. */
    public StoreProperties {
        if (Integer.bitCount(chunkSizeBytes) != 1
                || chunkSizeBytes < MIN_CHUNK_SIZE_BYTES
                || chunkSizeBytes > MAX_CHUNK_SIZE_BYTES) {
            throw new IllegalArgumentException(
                    "chunk size " + chunkSizeBytes + " is not a power of two from 4096 to 524288");
        }
    }
}
