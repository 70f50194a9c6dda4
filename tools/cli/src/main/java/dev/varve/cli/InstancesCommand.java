package dev.varve.cli;

import dev.varve.Engine;
import dev.varve.instance.Instance;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;

/** {@code varve instance list}. */
@Command(
        name = "list",
        header = "List instances, oldest first.",
        footer = {
            "",
            "Examples:",
            "  varve instance list",
            "  varve instance list --json | jq -r '.Reservations[].Instances[].InstanceId'",
        })
final class InstancesCommand implements Callable<Integer> {
    private final Session session;

    InstancesCommand(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() throws IOException {
        Engine engine = session.open();
        List<Instance> instances = Lists.all(session.scope(engine).instances());
        if (session.json()) {
            Map<String, List<Instance>> reservations = instances.stream()
                    .collect(Collectors.groupingBy(Instance::reservationId, LinkedHashMap::new, Collectors.toList()));
            session.console()
                    .print(Json.object(
                            json -> json.objects("Reservations", reservations.values(), Documents::reservation)));
        } else {
            session.console().print(table(instances));
        }
        return Main.DONE;
    }

    static Table table(List<Instance> instances) {
        Table table = new Table("INSTANCE", "IMAGE", "VOLUMES", "LAUNCHED", "NAME");
        for (Instance instance : instances) {
            table.row(
                    instance.id(),
                    instance.imageId(),
                    String.join(" ", instance.volumeIds()),
                    Times.forPeople(instance.launchTime()),
                    instance.tags().getOrDefault("Name", ""));
        }
        return table;
    }
}
