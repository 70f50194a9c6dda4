package dev.varve.instance;

import dev.varve.image.Architecture;
import dev.varve.image.BootMode;
import dev.varve.image.VirtualizationType;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A machine that was launched from an image, and has the volumes it was launched with until it is terminated. What is
 * needed to boot it stands here, since the image may be gone.
 *
 * @param id {@code i-} and 17 hexadecimal digits
 * @param ownerId the account it belongs to, 12 digits
 * @param region where it lives
 * @param reservationId what all instances of one launch share: {@code r-} and 17 hexadecimal digits
 * @param launchIndex its number among them, from 0
 * @param imageId what it was launched from, which may be gone
 * @param architecture the processor it is for
 * @param virtualizationType how it runs on its host
 * @param bootMode the firmware it boots with, or null where that is not said
 * @param rootDeviceName the device of {@code attachments} that it boots from
 * @param attachments its devices, in the order of the image's
 * @param tags values by key, ordered by key
 * @param launchTime when it was launched
 */
public record Instance(
        String id,
        String ownerId,
        String region,
        String reservationId,
        int launchIndex,
        String imageId,
        Architecture architecture,
        VirtualizationType virtualizationType,
        @Nullable BootMode bootMode,
        String rootDeviceName,
        List<Attachment> attachments,
        Map<String, String> tags,
        Instant launchTime) {
    /** The filters that {@link InstanceQuery} knows, beside those of tags. */
    static final Set<String> FILTERS = Set.of(
            "architecture",
            "block-device-mapping.delete-on-termination",
            "block-device-mapping.device-name",
            "block-device-mapping.volume-id",
            "image-id",
            "instance-id",
            "launch-index",
            "launch-time",
            "owner-id",
            "reservation-id",
            "root-device-name",
            "root-device-type",
            "virtualization-type");

    /** Makes the attachments unchangeable. */
    public Instance {
        attachments = List.copyOf(attachments);
    }

    /**
     * Its volumes.
     *
     * @return ids in the order of the devices
     */
    public List<String> volumeIds() {
        return ofVolumes().map(Attachment::volumeId).flatMap(Stream::ofNullable).toList();
    }

    private Stream<Attachment> ofVolumes() {
        return attachments.stream().filter(each -> each.volumeId() != null);
    }

    Collection<String> attribute(String name) {
        return switch (name) {
            case "block-device-mapping.delete-on-termination" ->
                ofVolumes()
                        .map(each -> Boolean.toString(each.deleteOnTermination()))
                        .toList();
            case "block-device-mapping.device-name" ->
                ofVolumes().map(Attachment::deviceName).toList();
            case "block-device-mapping.volume-id" -> volumeIds();
            default -> List.of(single(name));
        };
    }

    private String single(String name) {
        return switch (name) {
            case "architecture" -> architecture.toString();
            case "image-id" -> imageId;
            case "instance-id" -> id;
            case "launch-index" -> Integer.toString(launchIndex);
            case "launch-time" -> launchTime.toString();
            case "owner-id" -> ownerId;
            case "reservation-id" -> reservationId;
            case "root-device-name" -> rootDeviceName;
            case "root-device-type" -> "ebs";
            case "virtualization-type" -> virtualizationType.toString();
            default -> throw new IllegalArgumentException("no attribute: " + name);
        };
    }
}
