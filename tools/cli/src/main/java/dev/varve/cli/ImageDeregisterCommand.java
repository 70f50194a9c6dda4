package dev.varve.cli;

import dev.varve.Engine;
import dev.varve.image.Images;
import dev.varve.image.SnapshotDeletion;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code varve image deregister}. */
@Command(
        name = "deregister",
        header = "Deregister an image; its snapshots stay unless told otherwise.",
        footer = {
            "",
            "Examples:",
            "  varve image deregister ami-0123456789abcdef0",
            "  varve image deregister ami-0123456789abcdef0 --with-snapshots",
        })
final class ImageDeregisterCommand implements Callable<Integer> {
    private final Session session;

    @Parameters(paramLabel = "ID", description = "The image (ami-...).")
    private String id = "";

    @Option(names = "--with-snapshots", description = "Delete its snapshots too, where no other image needs them.")
    private boolean withSnapshots;

    ImageDeregisterCommand(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() throws IOException {
        List<SnapshotDeletion> deletions;
        Engine engine = session.open();
        Images images = session.scope(engine).images();
        Frees frees = Frees.of(session, engine, withSnapshots ? List.of(id) : List.of());
        if (withSnapshots) {
            deletions = images.deregisterWithSnapshots(id);
        } else {
            images.deregister(id);
            deletions = List.of();
        }
        if (session.json()) {
            session.console()
                    .print(Json.object(json -> frees.json(json.flag("Return", true)
                            .objects(
                                    "DeleteSnapshotResults",
                                    deletions,
                                    (item, each) -> item.text("SnapshotId", each.snapshotId())
                                            .text("ReturnCode", word(each.result()))))));
        } else {
            session.console()
                    .print("Deregistered " + id + "; "
                            + (withSnapshots ? frees.text() : "its snapshots stay, and no space becomes free") + "."
                            + RestoreCommand.hint(id));
            deletions.forEach(each -> session.console().print(each.snapshotId() + ": " + meaning(each.result())));
        }
        return Main.DONE;
    }

    private static String word(SnapshotDeletion.Result result) {
        return result.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    private static String meaning(SnapshotDeletion.Result result) {
        return switch (result) {
            case SUCCESS -> "deleted";
            case SKIPPED -> "kept, another image needs it";
            case CLIENT_ERROR -> "was gone before";
            case INTERNAL_ERROR -> "kept, the store failed; delete it with varve snapshot delete";
        };
    }
}
