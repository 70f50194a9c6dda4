package dev.varve.cli;

import dev.varve.Engine;
import dev.varve.snapshot.SnapshotState;
import dev.varve.snapshot.Snapshots;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code varve snapshot delete}. */
@Command(
        name = "delete",
        header = "Delete a snapshot that no image needs.",
        footer = {
            "",
            "Examples:",
            "  varve snapshot delete snap-0123456789abcdef0",
        })
final class SnapshotDeleteCommand implements Callable<Integer> {
    private final Session session;

    @Parameters(paramLabel = "ID", description = "The snapshot (snap-...).")
    private String id = "";

    SnapshotDeleteCommand(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() throws IOException {
        Engine engine = session.open();
        Frees frees = Frees.of(session, engine, List.of(id));
        Snapshots snapshots = session.scope(engine).snapshots();
        boolean isKept = snapshots.get(id).state() == SnapshotState.COMPLETED;
        snapshots.delete(id);
        session.console()
                .print(
                        session.json()
                                ? Json.object(json -> frees.json(json.flag("Return", true)))
                                : "Deleted " + id + "; " + frees.text() + "."
                                        + (isKept ? RestoreCommand.hint(id) : ""));
        return Main.DONE;
    }
}
