package dev.varve;

import dev.varve.store.Compression;
import dev.varve.store.StoreProperties;

/**
 * What a new store is made with; fixed for its life.
 *
 * @param chunkSizeBytes bytes of a block: a power of two from 4 KiB to 512 KiB
 * @param codec how new chunks are compressed
 */
public record NewStore(int chunkSizeBytes, Codec codec) {
    /** 64 KiB and LZ4. */
    public static final NewStore DEFAULT = new NewStore(StoreProperties.DEFAULT_CHUNK_SIZE_BYTES, Codec.LZ4);

    /** How chunks are compressed. */
    public enum Codec {
        /** LZ4: fast both ways. */
        LZ4,
        /** Zstandard: smaller, slower both ways. */
        ZSTD,
        /** Not at all. */
        STORED;

        Compression compression() {
            return switch (this) {
                case LZ4 -> Compression.LZ4;
                case ZSTD -> Compression.ZSTD;
                case STORED -> Compression.STORED;
            };
        }

        static Codec of(Compression compression) {
            return switch (compression) {
                case LZ4 -> LZ4;
                case ZSTD -> ZSTD;
                case STORED -> STORED;
            };
        }
    }

    /** Checks the chunk size. */
    public NewStore {
        if (Integer.bitCount(chunkSizeBytes) != 1
                || chunkSizeBytes < StoreProperties.MIN_CHUNK_SIZE_BYTES
                || chunkSizeBytes > StoreProperties.MAX_CHUNK_SIZE_BYTES) {
            throw new IllegalArgumentException(
                    "chunk size " + chunkSizeBytes + " is not a power of two from 4096 to 524288");
        }
    }
}
