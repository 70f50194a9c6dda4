package dev.varve.cli;

import dev.varve.image.BootMode;
import dev.varve.image.DeviceMapping;
import dev.varve.image.Image;
import dev.varve.instance.Instance;
import dev.varve.snapshot.Snapshot;
import dev.varve.volume.Volume;
import dev.varve.volume.VolumeAttachment;
import java.io.IOException;
import java.util.List;
import java.util.Map;

/**
 * What the engine keeps in JSON, member by member as {@code aws ec2 describe-images}, {@code describe-snapshots}, {@code
 * describe-volumes} and {@code run-instances} have it. What AWS has no name for comes last: exact sizes, content and
 * lineage. What only whoever runs an instance knows, its state and its network, is left out.
 */
final class Documents {
    /** What EC2 says of a snapshot that is of no volume. */
    private static final String NO_VOLUME = "vol-ffffffff";

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
                .text("VolumeId", snapshot.volumeId() == null ? NO_VOLUME : snapshot.volumeId())
                .number("VolumeSize", snapshot.volumeSizeGib());
        tags(json, snapshot.tags());
        json.number("SizeInBytes", snapshot.sizeBytes())
                .text("ContentId", snapshot.contentId())
                .text("ParentSnapshotId", snapshot.parentId())
                .text("LineageId", snapshot.lineageId());
    }

    static void volume(Json json, Volume volume) throws IOException {
        VolumeAttachment attachment = volume.attachment();
        String created = Times.forPrograms(volume.createTime());
        json.objects(
                        "Attachments",
                        attachment == null ? List.of() : List.of(attachment),
                        (item, each) -> item.text("AttachTime", created)
                                .text("Device", each.deviceName())
                                .text("InstanceId", each.instanceId())
                                .text("State", "attached")
                                .text("VolumeId", volume.id())
                                .flag("DeleteOnTermination", each.deleteOnTermination()))
                .text("CreateTime", created)
                .flag("Encrypted", false)
                .number("Size", volume.sizeGib())
                .text("SnapshotId", volume.snapshotId() == null ? "" : volume.snapshotId())
                .text("State", volume.state().toString())
                .text("VolumeId", volume.id())
                .text("VolumeType", "gp2");
        tags(json, volume.tags());
        json.text("LineageId", volume.lineageId());
    }

    /** The instances of one launch. */
    static void reservation(Json json, List<Instance> instances) throws IOException {
        json.text("ReservationId", instances.get(0).reservationId())
                .text("OwnerId", instances.get(0).ownerId())
                .objects("Instances", instances, Documents::instance);
    }

    private static void instance(Json json, Instance instance) throws IOException {
        BootMode bootMode = instance.bootMode();
        String launched = Times.forPrograms(instance.launchTime());
        json.number("AmiLaunchIndex", instance.launchIndex())
                .text("ImageId", instance.imageId())
                .text("InstanceId", instance.id())
                .text("LaunchTime", launched)
                .text("Architecture", instance.architecture().toString())
                .objects(
                        "BlockDeviceMappings",
                        instance.attachments().stream()
                                .filter(each -> each.volumeId() != null)
                                .toList(),
                        (item, each) -> item.text("DeviceName", each.deviceName())
                                .object(
                                        "Ebs",
                                        ebs -> ebs.text("AttachTime", launched)
                                                .flag("DeleteOnTermination", each.deleteOnTermination())
                                                .text("Status", "attached")
                                                .text("VolumeId", each.volumeId())))
                .text("RootDeviceName", instance.rootDeviceName())
                .text("RootDeviceType", "ebs")
                .text("VirtualizationType", instance.virtualizationType().toString())
                .text("BootMode", bootMode == null ? null : bootMode.toString());
        tags(json, instance.tags());
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
