package dev.varve.volume;

import dev.varve.block.BlockDevice;
import dev.varve.snapshot.SnapshotReader;
import dev.varve.snapshot.Snapshots;
import java.io.IOException;

/**
 * Disks of one account and region that read through the engine's cache.
 *
 * <p>All methods may be called from many threads. There is nothing to close; after the engine was closed, every call,
 * also on a disk it has handed out, is an {@link IllegalStateException}.
 */
public final class Volumes {
    private final VolumeRegistry registry;
    private final Snapshots snapshots;

    Volumes(VolumeRegistry registry, Snapshots snapshots) {
        this.registry = registry;
        this.snapshots = snapshots;
    }

    /**
     * Opens a snapshot as a read-only disk, at once whatever its size. A chunk is fetched and checked on first touch, by
     * whichever disk touches it first, and read from the cache from then on.
     *
     * @param snapshotId of a completed snapshot
     * @return the disk, to be closed by the caller; it knows {@link BlockDevice#ALLOCATION} and {@link
     *     BlockDevice#HYDRATION}
     * @throws IOException when the snapshot's record could not be read, or the cache not be opened
     */
    public BlockDevice open(String snapshotId) throws IOException {
        SnapshotReader direct = snapshots.open(snapshotId);
        return new SnapshotDevice(direct, registry.reader(snapshots.manifest(snapshotId)));
    }
}
