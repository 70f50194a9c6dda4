package dev.varve;

import java.util.UUID;

/**
 * What a store was made with.
 *
 * @param storeId the store's own id
 * @param formatVersion version of the format on disk
 * @param chunkSizeBytes bytes of a block
 * @param codec how new chunks are compressed
 */
public record EngineInfo(UUID storeId, int formatVersion, int chunkSizeBytes, NewStore.Codec codec) {}
