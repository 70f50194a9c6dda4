package dev.varve.store;

import dev.varve.chunk.ChunkKey;
import java.util.List;

/** What a collection is to leave alone: what was marked, and what the leases need that it met or that began later. */
final class MarkedNames {
    private final long lastLease;
    private final List<Leases.Entry> met;
    private volatile IdSet names = IdSet.large();
    private volatile IdSet claimed = IdSet.small();

    /** Whose subtrees were visited. */
    private NodeNames nodes = new NodeNames();

    /**
     * Of a collection that begins.
     *
     * @param lastLease the newest lease there is
     * @param met leases that are open
     */
    MarkedNames(long lastLease, List<Leases.Entry> met) {
        this.lastLease = lastLease;
        this.met = met;
    }

    /** Marks what a lease has found. From any thread. */
    void claim(ChunkKey key) {
        if (!names.contains(key)) {
            claimed.add(key);
        }
    }

    boolean mark(ChunkKey key) {
        return names.add(key);
    }

    boolean markNode(ChunkKey name) {
        names.add(ChunkKey.plain(name.id()));
        return nodes.add(name);
    }

    boolean isMarked(ChunkKey key) {
        return names.contains(key);
    }

    /** Whether a writer needs it, or may: what is unsettled is looked at by the caller. */
    boolean isClaimed(ChunkKey key, long lease) {
        return lease > lastLease
                || met.stream().anyMatch(entry -> entry.number() == lease || entry.hasClaimed(key))
                || claimed.contains(key);
    }

    /** Gives back the heap, when all is swept. */
    void forget() {
        names = IdSet.small();
        claimed = IdSet.small();
        nodes = new NodeNames();
    }
}
