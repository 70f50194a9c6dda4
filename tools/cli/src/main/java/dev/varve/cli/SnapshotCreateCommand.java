package dev.varve.cli;

import dev.varve.Engine;
import dev.varve.EngineScope;
import dev.varve.snapshot.Snapshot;
import dev.varve.snapshot.SnapshotRequest;
import dev.varve.snapshot.SnapshotState;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code varve snapshot create}. */
@Command(
        name = "create",
        header = "Take a snapshot of a volume.",
        description = {
            "",
            "Costs what was written since the last one. Ends when the snapshot is completed, or at once where",
            "varve serve or boot has the store open and goes on with it. One that is interrupted goes on with",
            "the next command on the store."
        },
        footer = {
            "",
            "Examples:",
            "  varve snapshot create vol-0123456789abcdef0",
            "  varve snapshot create vol-0123456789abcdef0 --description 'before the upgrade' --json",
        })
final class SnapshotCreateCommand implements Callable<Integer> {
    private static final int ASK_MILLIS = 20;

    private final Session session;

    @Parameters(paramLabel = "VOL", description = "The volume (vol-...).")
    private String id = "";

    @Option(names = "--description", paramLabel = "TEXT", description = "What to say of it.")
    private String description = "";

    @Option(names = "--tag", paramLabel = "KEY=VALUE", description = "A tag; may be repeated.")
    private Map<String, String> tags = new LinkedHashMap<>();

    @Option(names = "--wait", description = "Wait until it is completed, also where a server would go on with it.")
    private boolean wait;

    SnapshotCreateCommand(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        long start = System.nanoTime();
        SnapshotRequest request =
                SnapshotRequest.NEW.withDescription(description).withTags(tags);
        Engine engine = session.open();
        EngineScope scope = session.scope(engine);
        Snapshot begun = scope.volumes().snapshot(id, request);
        Snapshot snapshot = wait || !session.isServed() ? await(scope, begun) : begun;
        if (session.json()) {
            session.console().print(Json.object(json -> Documents.snapshot(json, snapshot)));
        } else {
            session.console()
                    .print("Snapshot of " + id + ": " + Sizes.format(snapshot.sizeBytes()) + ", " + Times.since(start)
                            + ".");
            session.console().print(snapshot.id());
        }
        return Main.DONE;
    }

    private Snapshot await(EngineScope scope, Snapshot begun) throws IOException, InterruptedException {
        try (ProgressBar bar = new ProgressBar(session.console(), "snapshot")) {
            Snapshot now = begun;
            while (now.state() == SnapshotState.PENDING) {
                bar.progress(now.sizeBytes() / 100 * now.progressPercent(), now.sizeBytes());
                String failure = scope.volumes().stats(id).foldFailure();
                if (failure != null) {
                    throw new Failure(now.id(), "still pending: " + failure + "; the next command goes on with it");
                }
                Thread.sleep(ASK_MILLIS);
                now = scope.snapshots().get(now.id());
            }
            if (now.state() == SnapshotState.ERROR) {
                throw new Failure(now.id(), "not taken: " + now.stateMessage() + "; varve check --data tells more");
            }
            return now;
        }
    }
}
