package dev.varve.cli;

import dev.varve.Engine;
import dev.varve.EngineScope;
import dev.varve.SpaceHolder;
import dev.varve.SpaceUse;
import dev.varve.image.DeviceMapping;
import dev.varve.image.Image;
import dev.varve.instance.Attachment;
import dev.varve.instance.Instance;
import dev.varve.snapshot.Snapshot;
import dev.varve.volume.Volume;
import dev.varve.volume.VolumeAttachment;
import dev.varve.volume.VolumeStats;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code varve show}, and {@code show} of images, snapshots, volumes and instances. */
@Command(
        name = "show",
        header = "Show everything about an image, a snapshot, a volume or an instance.",
        footer = {
            "",
            "Examples:",
            "  varve show ami-0123456789abcdef0",
            "  varve show vol-0123456789abcdef0",
            "  varve show snap-0123456789abcdef0 --json",
        })
final class ShowCommand implements Callable<Integer> {
    private final Session session;

    @Parameters(
            paramLabel = "ID",
            description = "An image (ami-...), a snapshot (snap-...), a volume (vol-...) or an instance (i-...).")
    private String id = "";

    ShowCommand(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() throws IOException {
        Engine engine = session.open();
        EngineScope scope = session.scope(engine);
        if (Ids.isImage(id)) {
            showImage(scope, space(engine));
        } else if (Ids.isSnapshot(id)) {
            showSnapshot(scope.snapshots().get(id), scope.snapshots().usedBy(id), space(engine));
        } else if (Ids.isVolume(id)) {
            showVolume(scope.volumes().get(id), scope.volumes().stats(id), space(engine));
        } else if (Ids.isInstance(id)) {
            showInstance(scope);
        } else {
            throw Ids.unknown(id, "an image (ami-...), snapshot (snap-...), volume (vol-...) or instance (i-...)");
        }
        return Main.DONE;
    }

    private void showImage(EngineScope scope, Optional<SpaceUse> space) throws IOException {
        Image image = scope.images().get(id);
        Map<String, Snapshot> snapshots = new LinkedHashMap<>();
        for (String snapshotId : image.snapshotIds()) {
            snapshots.put(snapshotId, scope.snapshots().get(snapshotId));
        }
        if (session.json()) {
            session.console()
                    .print(Json.object(json -> space(
                            json.objects("Images", List.of(image), Documents::image)
                                    .objects("Snapshots", snapshots.values(), Documents::snapshot),
                            space)));
            return;
        }
        line("Image", image.id());
        line("Name", image.name());
        line("Description", image.description());
        line("State", image.state());
        line("Created", Times.forPeople(image.creationTime()) + " UTC");
        line("Owner", image.ownerId() + ", " + image.region());
        line("Architecture", image.architecture());
        line("Virtualization", image.virtualizationType());
        line("Boot mode", image.bootMode());
        line("Root device", image.rootDeviceName());
        space(space);
        tags(image.tags());
        Table disks = new Table("DEVICE", "SNAPSHOT", ">BYTES", ">VOLUME", "TYPE", "DELETED WITH INSTANCE");
        image.mappings().forEach(mapping -> disk(disks, mapping, snapshots.get(mapping.snapshotId())));
        session.console().print("");
        session.console().print(disks);
    }

    private static void disk(Table disks, DeviceMapping mapping, @Nullable Snapshot snapshot) {
        if (!mapping.isVolume()) {
            String what = mapping.virtualName() == null ? "left out" : mapping.virtualName();
            disks.row(mapping.deviceName(), what, "", "", "", "");
            return;
        }
        disks.row(
                mapping.deviceName(),
                snapshot == null ? "blank" : snapshot.id(),
                snapshot == null ? "" : Long.toString(snapshot.sizeBytes()),
                mapping.volumeSizeGib() + " GiB",
                mapping.volumeType().toString(),
                mapping.deleteOnTermination() ? "yes" : "no");
    }

    private void showSnapshot(Snapshot snapshot, List<String> usedBy, Optional<SpaceUse> space) throws IOException {
        if (session.json()) {
            session.console()
                    .print(Json.object(json -> space(
                            json.objects("Snapshots", List.of(snapshot), Documents::snapshot)
                                    .texts("UsedBy", usedBy),
                            space)));
            return;
        }
        line("Snapshot", snapshot.id());
        line("Description", snapshot.description());
        line("State", snapshot.state() + ", " + snapshot.progressPercent() + "%");
        line("Message", snapshot.stateMessage());
        line("Started", Times.forPeople(snapshot.startTime()) + " UTC");
        line("Owner", snapshot.ownerId() + ", " + snapshot.region());
        line("Size", snapshot.sizeBytes() + " bytes (" + Sizes.format(snapshot.sizeBytes()) + ")");
        line("Volume", snapshot.volumeId());
        line("Parent", snapshot.parentId());
        line("Lineage", snapshot.lineageId());
        line("Content", snapshot.contentId());
        line("Used by", String.join(", ", usedBy));
        space(space);
        tags(snapshot.tags());
    }

    private void showVolume(Volume volume, VolumeStats stats, Optional<SpaceUse> space) throws IOException {
        if (session.json()) {
            session.console()
                    .print(Json.object(json -> space(
                            json.objects("Volumes", List.of(volume), Documents::volume)
                                    .number("LogBytes", stats.logBytes())
                                    .number("PendingLayers", stats.pendingLayers()),
                            space)));
            return;
        }
        VolumeAttachment attachment = volume.attachment();
        line("Volume", volume.id());
        line("State", volume.state());
        line("Size", volume.sizeGib() + " GiB (" + volume.sizeBytes() + " bytes)");
        line("Snapshot", volume.snapshotId() == null ? "none, it began blank" : volume.snapshotId());
        line("Created", Times.forPeople(volume.createTime()) + " UTC");
        line("Owner", volume.ownerId() + ", " + volume.region());
        line("Instance", attachment == null ? null : attachment.instanceId() + " as " + attachment.deviceName());
        line("Deleted with it", attachment == null ? null : attachment.deleteOnTermination() ? "yes" : "no");
        line("Lineage", volume.lineageId());
        line("Log", Sizes.format(stats.logBytes()));
        line("To be folded", stats.pendingLayers() == 0 ? null : stats.pendingLayers());
        space(space);
        tags(volume.tags());
    }

    private void showInstance(EngineScope scope) throws IOException {
        Instance instance = scope.instances().get(id);
        if (session.json()) {
            session.console()
                    .print(Json.object(
                            json -> json.objects("Reservations", List.of(List.of(instance)), Documents::reservation)));
            return;
        }
        line("Instance", instance.id());
        line("Image", instance.imageId());
        line("Launched", Times.forPeople(instance.launchTime()) + " UTC");
        line("Owner", instance.ownerId() + ", " + instance.region());
        line("Reservation", instance.reservationId() + ", number " + instance.launchIndex());
        line("Architecture", instance.architecture());
        line("Virtualization", instance.virtualizationType());
        line("Boot mode", instance.bootMode());
        line("Root device", instance.rootDeviceName());
        tags(instance.tags());
        Table devices = new Table("DEVICE", "VOLUME", ">SIZE", "DELETED WITH INSTANCE");
        for (Attachment each : instance.attachments()) {
            String volume = each.volumeId();
            if (volume == null) {
                devices.row(each.deviceName(), each.virtualName() == null ? "left out" : each.virtualName(), "", "");
            } else {
                devices.row(
                        each.deviceName(),
                        volume,
                        scope.volumes().get(volume).sizeGib() + " GiB",
                        each.deleteOnTermination() ? "yes" : "no");
            }
        }
        session.console().print("");
        session.console().print(devices);
    }

    private Optional<SpaceUse> space(Engine engine) throws IOException {
        return session.space(engine).holder(id).map(SpaceHolder::use);
    }

    private static void space(Json json, Optional<SpaceUse> space) throws IOException {
        if (space.isPresent()) {
            json.object("Space", part -> SpaceText.json(part, space.get()));
        }
    }

    private void space(Optional<SpaceUse> space) {
        space.ifPresent(use -> {
            line("Logical", Sizes.format(use.logicalBytes()));
            line("Data", Sizes.format(use.dataBytes()) + (use.isWhole() ? "" : ", and what is damaged: varve check"));
            line("Unique", Sizes.format(use.uniqueBytes()) + " stored, needed by nothing else");
            line("Shared", Sizes.format(use.sharedBytes()) + " stored, needed by others, too");
            line("Stored", Sizes.format(use.storedBytes()));
        });
    }

    private void tags(Map<String, String> tags) {
        tags.forEach((key, value) -> line("Tag", key + "=" + value));
    }

    private void line(String label, @Nullable Object value) {
        if (value != null && !value.toString().isEmpty()) {
            session.console().print(String.format("%-15s %s", label, Table.printable(value.toString())));
        }
    }
}
