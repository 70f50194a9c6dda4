package dev.varve.cli;

import dev.varve.Engine;
import dev.varve.instance.Attachment;
import dev.varve.instance.Instance;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code varve instance terminate}. */
@Command(
        name = "terminate",
        header = "End instances, with the volumes that go with them.",
        description = {"", "All of those named, or none. Snapshots of the volumes stay."},
        footer = {
            "",
            "Examples:",
            "  varve instance terminate i-0123456789abcdef0",
            "  varve launch ami-0123456789abcdef0 | grep ^i- | xargs varve instance terminate",
        })
final class InstanceTerminateCommand implements Callable<Integer> {
    private final Session session;

    @Parameters(paramLabel = "ID", arity = "1..*", description = "Instances (i-...).")
    private List<String> ids = List.of();

    InstanceTerminateCommand(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() throws IOException {
        List<Instance> ended;
        Engine engine = session.open();
        Frees frees = Frees.of(session, engine, ids);
        ended = session.scope(engine).instances().terminate(ids);
        if (session.json()) {
            session.console()
                    .print(Json.object(json -> frees.json(json.objects(
                            "TerminatingInstances",
                            ended,
                            (item, instance) -> item.text("InstanceId", instance.id())
                                    .object(
                                            "CurrentState",
                                            state -> state.number("Code", 48).text("Name", "terminated"))))));
        } else {
            ended.forEach(this::print);
            session.console().print("Of their volumes, " + frees.text(1) + ".");
        }
        return Main.DONE;
    }

    private void print(Instance instance) {
        session.console().print("Terminated " + instance.id() + ".");
        for (Attachment attachment : instance.attachments()) {
            if (attachment.volumeId() != null) {
                session.console()
                        .print(attachment.volumeId() + ": " + (attachment.deleteOnTermination() ? "deleted" : "kept"));
            }
        }
    }
}
