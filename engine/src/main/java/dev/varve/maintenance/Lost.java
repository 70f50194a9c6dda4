package dev.varve.maintenance;

import dev.varve.chunk.ChunkId;
import dev.varve.chunk.ChunkKey;
import java.util.LinkedHashSet;
import java.util.Set;

/** What manifests name and can't be had; {@value #MOST} of each at most, others are found by the next repair. */
final class Lost {
    static final int MOST = 1 << 18;

    private final Set<ChunkKey> chunks = new LinkedHashSet<>();
    private final Set<ChunkId> nodes = new LinkedHashSet<>();

    void chunk(ChunkKey key) {
        if (chunks.size() < MOST) {
            chunks.add(key);
        }
    }

    void node(ChunkId id) {
        if (nodes.size() < MOST) {
            nodes.add(id);
        }
    }

    Set<ChunkKey> chunks() {
        return chunks;
    }

    Set<ChunkId> nodes() {
        return nodes;
    }
}
