package dev.varve.cache;

class HeapCacheTest extends ChunkCacheContract {
    @Override
    ChunkCache open(int chunkSize, long capacityBytes) {
        return ChunkCache.onHeap(chunkSize, capacityBytes);
    }
}
