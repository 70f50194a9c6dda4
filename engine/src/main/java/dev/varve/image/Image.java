package dev.varve.image;

import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A machine image. Nothing of it changes after registration but its tags.
 *
 * @param id {@code ami-} and 17 hexadecimal digits
 * @param ownerId the account it belongs to, 12 digits
 * @param region where it lives
 * @param name unique among the images of its owner and region
 * @param description what its maker said of it, maybe nothing
 * @param state how far it is
 * @param architecture the processor it is for
 * @param virtualizationType how it runs on its host
 * @param bootMode the firmware it boots with, or null where that is not said
 * @param rootDeviceName the device of {@code mappings} that it boots from
 * @param mappings its devices
 * @param tags values by key, ordered by key
 * @param creationTime when it was registered
 */
public record Image(
        String id,
        String ownerId,
        String region,
        String name,
        String description,
        ImageState state,
        Architecture architecture,
        VirtualizationType virtualizationType,
        @Nullable BootMode bootMode,
        String rootDeviceName,
        List<DeviceMapping> mappings,
        Map<String, String> tags,
        Instant creationTime) {
    /** The filters that {@link ImageQuery} knows, beside those of tags. */
    static final Set<String> FILTERS = Set.of(
            "architecture",
            "block-device-mapping.delete-on-termination",
            "block-device-mapping.device-name",
            "block-device-mapping.snapshot-id",
            "block-device-mapping.volume-size",
            "block-device-mapping.volume-type",
            "creation-date",
            "description",
            "image-id",
            "image-type",
            "is-public",
            "name",
            "owner-id",
            "root-device-name",
            "root-device-type",
            "state",
            "virtualization-type");

    /** Makes the mappings unchangeable. */
    public Image {
        mappings = List.copyOf(mappings);
    }

    /**
     * The disk it boots from.
     *
     * @return the mapping of {@link #rootDeviceName}
     */
    public DeviceMapping rootMapping() {
        return mappings.stream()
                .filter(each -> each.deviceName().equals(rootDeviceName))
                .findFirst()
                .orElseThrow();
    }

    /**
     * What its root disk begins as.
     *
     * @return id of a snapshot
     */
    public String rootSnapshotId() {
        return Objects.requireNonNull(rootMapping().snapshotId());
    }

    /**
     * The snapshots it needs.
     *
     * @return ids in the order of the mappings, none twice
     */
    public List<String> snapshotIds() {
        return mappings.stream()
                .map(DeviceMapping::snapshotId)
                .flatMap(Stream::ofNullable)
                .distinct()
                .toList();
    }

    Collection<String> attribute(String attribute) {
        return switch (attribute) {
            case "block-device-mapping.delete-on-termination" ->
                ofVolumes()
                        .map(each -> Boolean.toString(each.deleteOnTermination()))
                        .toList();
            case "block-device-mapping.device-name" ->
                mappings.stream().map(DeviceMapping::deviceName).toList();
            case "block-device-mapping.snapshot-id" -> snapshotIds();
            case "block-device-mapping.volume-size" ->
                ofVolumes().map(each -> Long.toString(each.volumeSizeGib())).toList();
            case "block-device-mapping.volume-type" ->
                ofVolumes().map(each -> each.volumeType().toString()).toList();
            default -> List.of(single(attribute));
        };
    }

    private Stream<DeviceMapping> ofVolumes() {
        return mappings.stream().filter(DeviceMapping::isVolume);
    }

    private String single(String attribute) {
        return switch (attribute) {
            case "architecture" -> architecture.toString();
            case "creation-date" -> creationTime.toString();
            case "description" -> description;
            case "image-id" -> id;
            case "image-type" -> "machine";
            case "is-public" -> "false";
            case "name" -> name;
            case "owner-id" -> ownerId;
            case "root-device-name" -> rootDeviceName;
            case "root-device-type" -> "ebs";
            case "state" -> state.toString();
            case "virtualization-type" -> virtualizationType.toString();
            default -> throw new IllegalArgumentException("no attribute: " + attribute);
        };
    }
}
