package dev.varve.snapshot;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A part of a list of snapshots.
 *
 * @param snapshots in the list's order; there may be none although more follow
 * @param nextToken for {@link SnapshotQuery#after}; null at the end. It stays good when the store is opened again
 */
public record SnapshotPage(
        List<Snapshot> snapshots, @Nullable String nextToken) {
    /** Makes the list unchangeable. */
    public SnapshotPage {
        snapshots = List.copyOf(snapshots);
    }
}
