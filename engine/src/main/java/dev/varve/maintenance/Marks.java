package dev.varve.maintenance;

import dev.varve.chunk.ChunkKey;

/**
 * What was marked, as numbers that hardly two sets have in common: how many names, and the sum of 64 bits of each.
 *
 * @param chunks distinct ones
 * @param chunkSum of their names, modulo 2^64
 * @param nodes distinct ones
 * @param nodeSum of their names, modulo 2^64
 */
record Marks(long chunks, long chunkSum, long nodes, long nodeSum) {
    /** What of a name is summed up. */
    static long word(ChunkKey key) {
        return key.id().fingerprint() ^ (long) key.domain() << Integer.SIZE;
    }
}
