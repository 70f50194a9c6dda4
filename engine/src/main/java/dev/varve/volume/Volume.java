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
 * @param state whether somebody has it
 * @param sizeGib its length in GiB
 * @param snapshotId what it was made from, which may be gone; null for one that began blank
 * @param lineageId what it shares with all snapshots of it, and with what it was made from; null for one that began blank
 *     and has no snapshot yet
 * @param attachment the instance that has it; null when none does
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
        @Nullable String lineageId,
        @Nullable VolumeAttachment attachment,
        Map<String, String> tags,
        Instant createTime) {
    /** The filters that {@link VolumeQuery} knows, beside those of tags. */
    static final Set<String> FILTERS = Set.of(
            "attachment.delete-on-termination",
            "attachment.device",
            "attachment.instance-id",
            "attachment.status",
            "create-time",
            "encrypted",
            "owner-id",
            "size",
            "snapshot-id",
            "status",
            "volume-id");

    private static final String ATTACHMENT = "attachment.";

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
        VolumeAttachment of = attachment;
        if (name.startsWith(ATTACHMENT)) {
            return of == null ? List.of() : List.of(attribute(of, name));
        }
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

    private static String attribute(VolumeAttachment of, String name) {
        return switch (name) {
            case "attachment.delete-on-termination" -> Boolean.toString(of.deleteOnTermination());
            case "attachment.device" -> of.deviceName();
            case "attachment.instance-id" -> of.instanceId();
            case "attachment.status" -> "attached";
            default -> throw new IllegalArgumentException("no attribute: " + name);
        };
    }
}
