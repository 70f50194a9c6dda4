package dev.varve.cli;

import dev.varve.Engine;
import dev.varve.snapshot.Snapshot;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/** {@code varve snapshots} and {@code varve snapshot list}. */
@Command(
        name = "snapshots",
        header = "List snapshots, oldest first.",
        footer = {
            "",
            "Examples:",
            "  varve snapshots",
            "  varve snapshots --json | jq -r '.Snapshots[].SnapshotId'",
        })
final class SnapshotsCommand implements Callable<Integer> {
    private final Session session;

    SnapshotsCommand(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() throws IOException {
        Engine engine = session.open();
        List<Snapshot> snapshots = Lists.all(session.scope(engine).snapshots());
        if (session.json()) {
            session.console().print(Json.object(json -> json.objects("Snapshots", snapshots, Documents::snapshot)));
        } else {
            session.console().print(table(snapshots));
        }
        return Main.DONE;
    }

    static Table table(List<Snapshot> snapshots) {
        Table table = new Table("SNAPSHOT", ">SIZE", "STATE", ">DONE", "STARTED", "DESCRIPTION");
        for (Snapshot snapshot : snapshots) {
            table.row(
                    snapshot.id(),
                    Sizes.format(snapshot.sizeBytes()),
                    snapshot.state().toString(),
                    snapshot.progressPercent() + "%",
                    Times.forPeople(snapshot.startTime()),
                    snapshot.description());
        }
        return table;
    }
}
