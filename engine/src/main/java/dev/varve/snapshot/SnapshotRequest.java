package dev.varve.snapshot;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A snapshot that is to be made. Immutable: start from {@link #NEW} and say what differs.
 *
 * @param id the id it is to have, or null for a new one
 * @param description what to say of it: ASCII text of at most 255 characters
 * @param tags values by key
 * @param parentId a completed snapshot of the same scope whose blocks it starts with, or null
 * @param sizeBytes the disk's length as far as known, for those who ask before it is completed; 0 when not known
 */
public record SnapshotRequest(
        @Nullable String id,
        String description,
        Map<String, String> tags,
        @Nullable String parentId,
        long sizeBytes) {
    /** A blank one: new id, no description, no tags, no parent. */
    public static final SnapshotRequest NEW = new SnapshotRequest(null, "", Map.of(), null, 0);

    /** Makes the tags unchangeable. */
    public SnapshotRequest {
        tags = Map.copyOf(tags);
        if (sizeBytes < 0 || sizeBytes > BlockSource.MAX_SIZE_BYTES) {
            throw new IllegalArgumentException("a disk has at most 64 TiB, not " + sizeBytes);
        }
    }

    /**
     * The same with another id.
     *
     * @param newId {@code snap-} and 17 lower-case hexadecimal digits, or 8
     * @return the request
     */
    public SnapshotRequest withId(String newId) {
        return new SnapshotRequest(newId, description, tags, parentId, sizeBytes);
    }

    /**
     * The same with another description.
     *
     * @param newDescription ASCII text of at most 255 characters
     * @return the request
     */
    public SnapshotRequest withDescription(String newDescription) {
        return new SnapshotRequest(id, newDescription, tags, parentId, sizeBytes);
    }

    /**
     * The same with other tags.
     *
     * @param newTags values by key
     * @return the request
     */
    public SnapshotRequest withTags(Map<String, String> newTags) {
        return new SnapshotRequest(id, description, newTags, parentId, sizeBytes);
    }

    /**
     * The same with another parent.
     *
     * @param newParentId a completed snapshot of the same scope
     * @return the request
     */
    public SnapshotRequest withParentId(String newParentId) {
        return new SnapshotRequest(id, description, tags, newParentId, sizeBytes);
    }

    /**
     * The same with another size.
     *
     * @param newSizeBytes the disk's length
     * @return the request
     */
    public SnapshotRequest withSizeBytes(long newSizeBytes) {
        return new SnapshotRequest(id, description, tags, parentId, newSizeBytes);
    }
}
