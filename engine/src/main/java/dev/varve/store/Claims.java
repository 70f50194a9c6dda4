package dev.varve.store;

import dev.varve.chunk.ChunkKey;
import org.jspecify.annotations.Nullable;

/**
 * What one lease has found in the store, and what of its own others have settled: a collection that began while it was open
 * leaves that alone. Past {@value #MAX} names, which take 28 MiB, it claims all there is. Thread-safe.
 */
final class Claims {
    private static final int MAX = 1 << 21;

    private @Nullable IdSet names;
    private int count;

    synchronized void add(ChunkKey key) {
        if (count > MAX) {
            return;
        }
        IdSet present = names == null ? IdSet.small() : names;
        names = present;
        if (present.add(key)) {
            count++;
            names = count > MAX ? null : present;
        }
    }

    synchronized boolean contains(ChunkKey key) {
        return count > MAX || names != null && names.contains(key);
    }
}
