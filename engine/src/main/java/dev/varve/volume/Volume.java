package dev.varve.volume;

import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A writable disk, as it stood when it was asked for.
 *
 * @param id {@code vol-} and 17 hexadecimal digits
 * @param ownerId the account it belongs to, 12 digits
 * @param region where it lives
 * @param state whether it is open
 * @param sizeGib its length in GiB
 * @param snapshotId what it was made from, which may be gone; null for one that began blank
 * @param tags values by key, ordered by key
 * @param createTime when it was made
 */
public record Volume(
        String id,
        String ownerId,
        String region,
        VolumeState state,
        long sizeGib,
        @Nullable String snapshotId,
        Map<String, String> tags,
        Instant createTime) {
    /** The filters that {@link VolumeQuery} knows, beside those of tags. */
    static final Set<String> FILTERS =
            Set.of("create-time", "encrypted", "owner-id", "size", "snapshot-id", "status", "volume-id");

    private static final int GIB_SHIFT = 30;

    /**
     * Its length.
     *
     * @return bytes
     */
    public long sizeBytes() {
        return sizeGib << GIB_SHIFT;
    }

    Collection<String> attribute(String name) {
        return List.of(
                switch (name) {
                    case "create-time" -> createTime.toString();
                    case "encrypted" -> "false";
                    case "owner-id" -> ownerId;
                    case "size" -> Long.toString(sizeGib);
                    case "snapshot-id" -> snapshotId == null ? "" : snapshotId;
                    case "status" -> state.toString();
                    case "volume-id" -> id;
                    default -> throw new IllegalArgumentException("no attribute: " + name);
                });
    }
}
