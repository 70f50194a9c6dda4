package dev.varve.store;

import dev.varve.chunk.ChunkKey;

/**
 * Says what a collection does with each chunk and node.
 *
 * @param now in seconds since 1970
 * @param dropBefore what was condemned by then is dropped, if it is not marked
 */
record Verdicts(MarkedNames names, Leases leases, long now, long dropBefore) {
    /**
     * The verdict.
     *
     * @param lease of its entry: negative where it was condemned
     */
    Verdict of(ChunkKey key, long lease) {
        return Verdict.of(
                names.isMarked(key),
                () -> leases.isUnsettled(lease) || names.isClaimed(key, lease),
                Math.max(0, -lease),
                dropBefore);
    }
}
