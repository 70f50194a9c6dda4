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

    private boolean isAll = true;

    void chunk(ChunkKey key) {
        if (chunks.size() < MOST) {
            chunks.add(key);
        } else {
            isAll = false;
        }
    }

    void node(ChunkId id) {
        if (nodes.size() < MOST) {
            nodes.add(id);
        } else {
            isAll = false;
        }
    }

    /** Says that not all could be looked at that may name something. */
    void more() {
        isAll = false;
    }

    /** Whether nothing else is lost. */
    boolean isAll() {
        return isAll;
    }

    Set<ChunkKey> chunks() {
        return chunks;
    }

    Set<ChunkId> nodes() {
        return nodes;
    }
}
