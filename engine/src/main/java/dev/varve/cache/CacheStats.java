package dev.varve.cache;

/**
 * Numbers about a chunk cache since it was opened; not all of one instant.
 *
 * @param hits about how many reads were served by {@link ChunkCache#read}: threads that count at once may lose one
 * @param loads chunks fetched by a loader
 * @param reused chunks not fetched, because an earlier process had left them and their content passed its check
 * @param failedLoads loads that ended in an exception
 * @param uncached chunks fetched that found no room: the disk was full, or every slot was being filled
 * @param evictions chunks that made room for others
 * @param usedBytes bytes of chunks held, and of those left by an earlier process that may be
 * @param capacityBytes bytes of all slots
 */
public record CacheStats(
        long hits,
        long loads,
        long reused,
        long failedLoads,
        long uncached,
        long evictions,
        long usedBytes,
        long capacityBytes) {}
