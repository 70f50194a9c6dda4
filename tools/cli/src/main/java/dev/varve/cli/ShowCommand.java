package dev.varve.cli;

import dev.varve.Engine;
import dev.varve.EngineScope;
import dev.varve.image.DeviceMapping;
import dev.varve.image.Image;
import dev.varve.snapshot.Snapshot;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code varve show}, {@code varve image show} and {@code varve snapshot show}. */
@Command(
        name = "show",
        header = "Show everything about an image or a snapshot.",
        footer = {
            "",
            "Examples:",
            "  varve show ami-0123456789abcdef0",
            "  varve show snap-0123456789abcdef0 --json",
        })
final class ShowCommand implements Callable<Integer> {
    private final Session session;

    @Parameters(paramLabel = "ID", description = "An image (ami-...) or a snapshot (snap-...).")
    private String id = "";

    ShowCommand(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() throws IOException {
        try (Engine engine = session.open()) {
            EngineScope scope = session.scope(engine);
            if (Ids.isImage(id)) {
                showImage(scope);
            } else if (Ids.isSnapshot(id)) {
                showSnapshot(scope.snapshots().get(id), scope.snapshots().usedBy(id));
            } else {
                throw Ids.unknown(id);
            }
        }
        return Main.DONE;
    }

    private void showImage(EngineScope scope) throws IOException {
        Image image = scope.images().get(id);
        List<Snapshot> snapshots = new ArrayList<>();
        for (DeviceMapping mapping : image.mappings()) {
            snapshots.add(scope.snapshots().get(mapping.snapshotId()));
        }
        if (session.json()) {
            session.console()
                    .print(Json.object(json -> json.objects("Images", List.of(image), Documents::image)
                            .objects("Snapshots", snapshots, Documents::snapshot)));
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
        tags(image.tags());
        Table disks = new Table("DEVICE", "SNAPSHOT", ">BYTES", ">VOLUME", "TYPE", "DELETED WITH INSTANCE");
        for (int i = 0; i < snapshots.size(); i++) {
            DeviceMapping mapping = image.mappings().get(i);
            disks.row(
                    mapping.deviceName(),
                    mapping.snapshotId(),
                    Long.toString(snapshots.get(i).sizeBytes()),
                    mapping.volumeSizeGib() + " GiB",
                    mapping.volumeType().toString(),
                    mapping.deleteOnTermination() ? "yes" : "no");
        }
        session.console().print("");
        session.console().print(disks);
    }

    private void showSnapshot(Snapshot snapshot, List<String> usedBy) throws IOException {
        if (session.json()) {
            session.console()
                    .print(Json.object(json -> json.objects("Snapshots", List.of(snapshot), Documents::snapshot)
                            .texts("UsedBy", usedBy)));
            return;
        }
        line("Snapshot", snapshot.id());
        line("Description", snapshot.description());
        line("State", snapshot.state() + ", " + snapshot.progressPercent() + "%");
        line("Message", snapshot.stateMessage());
        line("Started", Times.forPeople(snapshot.startTime()) + " UTC");
        line("Owner", snapshot.ownerId() + ", " + snapshot.region());
        line("Size", snapshot.sizeBytes() + " bytes (" + Sizes.format(snapshot.sizeBytes()) + ")");
        line("Parent", snapshot.parentId());
        line("Content", snapshot.contentId());
        line("Used by", String.join(", ", usedBy));
        tags(snapshot.tags());
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
