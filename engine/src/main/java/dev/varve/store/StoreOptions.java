package dev.varve.store;

import dev.varve.file.FileIo;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * How a store is opened or made.
 *
 * @param chunkSizeBytes for a new store: bytes of a block
 * @param compression for a new store: how chunks are compressed
 * @param indexCacheBytes bound of RocksDB's block cache, which holds index and filter blocks too
 * @param nativeFolder where native libraries are extracted to, once a version; null for a folder of the user's
 * @param io the door to the file system
 */
public record StoreOptions(
        int chunkSizeBytes,
        Compression compression,
        long indexCacheBytes,
        @Nullable Path nativeFolder,
        FileIo io) {
    /**
     * 64 KiB chunks, LZ4, 32 MiB of index cache.
     *
     * @return the defaults
     */
    public static StoreOptions defaults() {
        return new StoreOptions(
                StoreProperties.DEFAULT_CHUNK_SIZE_BYTES, Compression.LZ4, 32L << 20, null, new FileIo());
    }
}
