package dev.varve.volume;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A volume that is to be made. Immutable: start from {@link #NEW} and say what differs.
 *
 * @param id the id it is to have, or null for a new one
 * @param snapshotId a completed snapshot of the same scope that it begins as, or null for zeros
 * @param sizeGib its length in GiB, at least the snapshot's; 0 for the snapshot's
 * @param tags values by key
 */
public record VolumeRequest(@Nullable String id, @Nullable String snapshotId, long sizeGib, Map<String, String> tags) {
    /** A blank one: new id, no snapshot, no size yet, no tags. */
    public static final VolumeRequest NEW = new VolumeRequest(null, null, 0, Map.of());

    /** Makes the tags unchangeable. */
    public VolumeRequest {
        tags = Map.copyOf(tags);
    }

    /**
     * The same with another id.
     *
     * @param newId {@code vol-} and 17 lower-case hexadecimal digits, or 8
     * @return the request
     */
    public VolumeRequest withId(String newId) {
        return new VolumeRequest(newId, snapshotId, sizeGib, tags);
    }

    /**
     * The same beginning as a snapshot.
     *
     * @param newSnapshotId a completed snapshot of the same scope
     * @return the request
     */
    public VolumeRequest withSnapshotId(String newSnapshotId) {
        return new VolumeRequest(id, newSnapshotId, sizeGib, tags);
    }

    /**
     * The same with another length.
     *
     * @param newSizeGib in GiB
     * @return the request
     */
    public VolumeRequest withSizeGib(long newSizeGib) {
        return new VolumeRequest(id, snapshotId, newSizeGib, tags);
    }

    /**
     * The same with other tags.
     *
     * @param newTags values by key
     * @return the request
     */
    public VolumeRequest withTags(Map<String, String> newTags) {
        return new VolumeRequest(id, snapshotId, sizeGib, newTags);
    }
}
