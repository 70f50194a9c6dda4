package dev.varve.cli;

import dev.varve.Engine;
import dev.varve.EngineScope;
import dev.varve.Restorable;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code varve restore}. */
@Command(
        name = "restore",
        header = "Bring back a snapshot, an image or a volume that was deleted; without an id, list them.",
        description = {
            "",
            "What is deleted can be restored as it was until a gc that runs 10 minutes later or more, or gc --now. An image"
                    + " comes with those of its snapshots that were deleted. A volume that went with its instance is gone.",
        },
        footer = {
            "",
            "Examples:",
            "  varve restore",
            "  varve restore ami-0123456789abcdef0",
            "  varve restore vol-0123456789abcdef0",
        })
final class RestoreCommand implements Callable<Integer> {
    private final Session session;

    @Parameters(
            paramLabel = "ID",
            arity = "0..1",
            description = "The image (ami-...), snapshot (snap-...) or volume (vol-...).")
    private @Nullable String id;

    RestoreCommand(Session session) {
        this.session = session;
    }

    /** What to say when something was deleted. */
    static String hint(String id) {
        return " varve restore " + id + " brings it back, for " + Engine.DEFAULT_GRACE.toMinutes()
                + " minutes at least unless gc --now is run.";
    }

    @Override
    public Integer call() throws IOException {
        Engine engine = session.open();
        EngineScope scope = session.scope(engine);
        String given = id;
        if (given != null) {
            restore(scope, given);
            session.console()
                    .print(session.json() ? Json.object(json -> json.flag("Return", true)) : "Restored " + given + ".");
            return Main.DONE;
        }
        List<Restorable> deleted = engine.restorable(scope.account(), scope.region());
        if (session.json()) {
            printDocument(deleted);
        } else {
            Table table = new Table("ID", "NAME", "DELETED");
            deleted.forEach(each -> table.row(each.id(), each.name(), Times.forPeople(each.deletedAt())));
            session.console().print(table);
        }
        return Main.DONE;
    }

    private static void restore(EngineScope scope, String id) throws IOException {
        if (Ids.isImage(id)) {
            scope.images().restore(id);
        } else if (Ids.isSnapshot(id)) {
            scope.snapshots().restore(id);
        } else if (Ids.isVolume(id)) {
            scope.volumes().restore(id);
        } else {
            throw new Failure(
                    id,
                    "this is no id of an image (ami-...), a snapshot (snap-...) or a volume (vol-...); varve restore lists"
                            + " what can be restored");
        }
    }

    /** As {@code aws ec2 list-images-in-recycle-bin} and its like for snapshots and volumes have it. */
    private void printDocument(List<Restorable> deleted) throws IOException {
        session.console()
                .print(Json.object(json -> json.objects(
                                "Images",
                                only(deleted, "ami-"),
                                (item, each) -> item.text("ImageId", each.id())
                                        .text("Name", each.name())
                                        .text("RecycleBinEnterTime", Times.forPrograms(each.deletedAt())))
                        .objects(
                                "Snapshots",
                                only(deleted, "snap-"),
                                (item, each) -> item.text("SnapshotId", each.id())
                                        .text("Description", each.name())
                                        .text("RecycleBinEnterTime", Times.forPrograms(each.deletedAt())))
                        .objects(
                                "Volumes",
                                only(deleted, "vol-"),
                                (item, each) -> item.text("VolumeId", each.id())
                                        .text("RecycleBinEnterTime", Times.forPrograms(each.deletedAt())))));
    }

    private static List<Restorable> only(List<Restorable> deleted, String prefix) {
        return deleted.stream().filter(each -> each.id().startsWith(prefix)).toList();
    }
}
