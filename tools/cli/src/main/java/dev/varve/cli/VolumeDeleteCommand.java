package dev.varve.cli;

import dev.varve.Engine;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code varve volume delete}. */
@Command(
        name = "delete",
        header = "Delete a volume that no instance has; snapshots of it stay.",
        footer = {
            "",
            "Examples:",
            "  varve volume delete vol-0123456789abcdef0",
        })
final class VolumeDeleteCommand implements Callable<Integer> {
    private final Session session;

    @Parameters(paramLabel = "ID", description = "The volume (vol-...).")
    private String id = "";

    VolumeDeleteCommand(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() throws IOException {
        Engine engine = session.open();
        Frees frees = Frees.of(session, engine, List.of(id));
        session.scope(engine).volumes().delete(id);
        session.console()
                .print(
                        session.json()
                                ? Json.object(json -> frees.json(json.flag("Return", true)))
                                : "Deleted " + id + "; " + frees.text() + "." + RestoreCommand.hint(id));
        return Main.DONE;
    }
}
