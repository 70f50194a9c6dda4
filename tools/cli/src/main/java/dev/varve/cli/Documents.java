package dev.varve.cli;

import dev.varve.image.BootMode;
import dev.varve.image.DeviceMapping;
import dev.varve.image.Image;
import dev.varve.snapshot.Snapshot;
import java.io.IOException;
import java.util.Map;

/**
 * Images and snapshots in JSON, member by member as {@code aws ec2 describe-images} and {@code describe-snapshots} have
 * them. What AWS has no name for comes last: exact sizes, content and lineage.
 */
final class Documents {
    private Documents() {}

    static void image(Json json, Image image) throws IOException {
        BootMode bootMode = image.bootMode();
        json.text("Architecture", image.architecture().toString())
                .text("CreationDate", Times.forPrograms(image.creationTime()))
                .text("ImageId", image.id())
                .text("ImageLocation", image.ownerId() + "/" + image.name())
                .text("ImageType", "machine")
                .flag("Public", false)
                .text("OwnerId", image.ownerId())
                .text("PlatformDetails", "Linux/UNIX")
                .text("UsageOperation", "RunInstances")
                .text("State", image.state().toString())
                .objects("BlockDeviceMappings", image.mappings(), Documents::mapping)
                .text("Description", image.description())
                .flag("EnaSupport", true)
                .text("Hypervisor", "xen")
                .text("Name", image.name())
                .text("RootDeviceName", image.rootDeviceName())
                .text("RootDeviceType", "ebs")
                .text("BootMode", bootMode == null ? null : bootMode.toString())
                .text("VirtualizationType", image.virtualizationType().toString());
        tags(json, image.tags());
    }

    private static void mapping(Json json, DeviceMapping mapping) throws IOException {
        json.text("DeviceName", mapping.deviceName());
        if (!mapping.isVolume()) {
            json.text("VirtualName", mapping.virtualName()).text("NoDevice", mapping.virtualName() == null ? "" : null);
            return;
        }
        json.object(
                "Ebs",
                ebs -> ebs.flag("DeleteOnTermination", mapping.deleteOnTermination())
                        .text("SnapshotId", mapping.snapshotId())
                        .number("VolumeSize", mapping.volumeSizeGib())
                        .text("VolumeType", mapping.volumeType().toString())
                        .flag("Encrypted", false));
    }

    static void snapshot(Json json, Snapshot snapshot) throws IOException {
        json.text("Description", snapshot.description())
                .flag("Encrypted", false)
                .text("OwnerId", snapshot.ownerId())
                .text("Progress", snapshot.progressPercent() + "%")
                .text("SnapshotId", snapshot.id())
                .text("StartTime", Times.forPrograms(snapshot.startTime()))
                .text("CompletionTime", Times.forPrograms(snapshot.completionTime()))
                .text("State", snapshot.state().toString())
                .text("StateMessage", snapshot.stateMessage())
                .text("StorageTier", "standard")
                .text("VolumeId", "vol-ffffffff")
                .number("VolumeSize", snapshot.volumeSizeGib());
        tags(json, snapshot.tags());
        json.number("SizeInBytes", snapshot.sizeBytes())
                .text("ContentId", snapshot.contentId())
                .text("ParentSnapshotId", snapshot.parentId())
                .text("LineageId", snapshot.lineageId());
    }

    private static void tags(Json json, Map<String, String> tags) throws IOException {
        if (!tags.isEmpty()) {
            json.objects(
                    "Tags",
                    tags.entrySet(),
                    (item, tag) -> item.text("Key", tag.getKey()).text("Value", tag.getValue()));
        }
    }
}
