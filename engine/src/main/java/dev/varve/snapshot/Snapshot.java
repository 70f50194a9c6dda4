package dev.varve.snapshot;

import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A point in time of a disk, as it stood when it was asked for.
 *
 * @param id {@code snap-} and 17 hexadecimal digits
 * @param ownerId the account it belongs to, 12 digits
 * @param region where it lives
 * @param state how far it is
 * @param stateMessage why it failed; null unless it did
 * @param progressPercent 0 to 100; 100 exactly when it is completed
 * @param description what its maker said of it, maybe nothing
 * @param tags values by key, ordered by key
 * @param sizeBytes exact length of the disk; 0 while a pending one's is not known
 * @param parentId the snapshot it was begun from, which may be gone; null when there was none
 * @param volumeId the volume it is of, which may be gone; null for one that was imported or written
 * @param lineageId what all snapshots that descend from one another share, though those between are gone
 * @param startTime when it was begun
 * @param completionTime when it was whole; null before
 * @param contentId what snapshots share exactly when they hold the same bytes, however they came into the store; null
 *     before it is completed
 */
public record Snapshot(
        String id,
        String ownerId,
        String region,
        SnapshotState state,
        @Nullable String stateMessage,
        int progressPercent,
        String description,
        Map<String, String> tags,
        long sizeBytes,
        @Nullable String parentId,
        @Nullable String volumeId,
        String lineageId,
        Instant startTime,
        @Nullable Instant completionTime,
        @Nullable String contentId) {
    /** The filters that {@link SnapshotQuery} knows, beside those of tags. */
    static final Set<String> FILTERS = Set.of(
            "description",
            "encrypted",
            "owner-id",
            "progress",
            "snapshot-id",
            "start-time",
            "status",
            "storage-tier",
            "volume-id",
            "volume-size");

    private static final long GIB = 1L << 30;

    /**
     * The size as EC2 tells it, and the least a volume made from it has.
     *
     * @return whole GiB, rounded up
     */
    public long volumeSizeGib() {
        return (sizeBytes + GIB - 1) / GIB;
    }

    Collection<String> attribute(String name) {
        return List.of(
                switch (name) {
                    case "description" -> description;
                    case "encrypted" -> "false";
                    case "owner-id" -> ownerId;
                    case "progress" -> progressPercent + "%";
                    case "snapshot-id" -> id;
                    case "start-time" -> startTime.toString();
                    case "status" -> state.toString();
                    case "storage-tier" -> "standard";
                    case "volume-id" -> volumeId == null ? "" : volumeId;
                    case "volume-size" -> Long.toString(volumeSizeGib());
                    default -> throw new IllegalArgumentException("no attribute: " + name);
                });
    }
}
