package dev.varve.cache;

import dev.varve.chunk.ChunkKey;
import java.io.IOException;
import java.nio.ByteBuffer;

/** Fetches what a {@link ChunkCache} does not have. */
@FunctionalInterface
public interface ChunkLoader {
    /**
     * Fetches one chunk, checked. It does not call the cache it loads for.
     *
     * @param key its name
     * @param dst takes exactly one chunk: its position must be at its limit afterwards; not used after returning
     * @throws IOException when the chunk can't be had
     */
    void load(ChunkKey key, ByteBuffer dst) throws IOException;
}
