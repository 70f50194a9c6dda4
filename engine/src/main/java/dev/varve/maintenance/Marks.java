package dev.varve.maintenance;

/**
 * What was marked, as numbers that hardly two sets have in common: how many names, and the sum of their {@linkplain
 * dev.varve.chunk.ChunkKey#fingerprint() fingerprints}.
 *
 * @param chunks distinct ones
 * @param chunkSum of their names, modulo 2^64
 * @param nodes distinct ones
 * @param nodeSum of their names, modulo 2^64
 */
record Marks(long chunks, long chunkSum, long nodes, long nodeSum) {}
