package dev.varve.cli;

import dev.varve.Engine;
import dev.varve.EngineScope;
import dev.varve.catalog.Ec2Exception;
import dev.varve.instance.Instance;
import dev.varve.instance.LaunchRequest;
import dev.varve.volume.Volumes;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code varve launch} and {@code varve instance launch}. */
@Command(
        name = "launch",
        header = "Make instances of an image, each with volumes of its own.",
        description = {
            "",
            "Takes the same time whatever the disks' size. Prints the id of each instance, and below it",
            "those of its volumes. The volumes need neither the image nor its snapshots to stay."
        },
        footer = {
            "",
            "Examples:",
            "  varve launch ami-0123456789abcdef0",
            "  varve launch ami-0123456789abcdef0 --count 100 --tag Name=web | grep ^vol-",
        })
final class LaunchCommand implements Callable<Integer> {
    private final Session session;

    @Parameters(paramLabel = "IMAGE", description = "The image (ami-...).")
    private String imageId = "";

    @Option(names = "--count", paramLabel = "N", description = "How many instances, up to 1000; 1 if not given.")
    private int count = 1;

    @Option(names = "--tag", paramLabel = "KEY=VALUE", description = "A tag of each instance; may be repeated.")
    private Map<String, String> tags = new LinkedHashMap<>();

    LaunchCommand(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() throws IOException {
        Engine engine = session.open();
        EngineScope scope = session.scope(engine);
        List<Instance> instances = scope.instances()
                .launch(LaunchRequest.of(imageId).withCount(count).withTags(tags));
        if (session.json()) {
            session.console().print(Json.object(json -> Documents.reservation(json, instances)));
        } else {
            print(instances);
        }
        session.console().flush(); // they are durable: nobody need wait for the store to be closed
        if (session.isServed() && !instances.isEmpty()) {
            prefetch(scope.volumes(), instances.get(0)); // all are made of the same image
        }
        return Main.DONE;
    }

    /** Whoever launches is about to boot, from the process that has the store open. */
    private static void prefetch(Volumes volumes, Instance instance) throws IOException {
        for (String id : instance.volumeIds()) {
            try {
                volumes.prefetch(id);
            } catch (Ec2Exception e) {
                return; // somebody has terminated it by now
            }
        }
    }

    private void print(List<Instance> instances) {
        session.console()
                .print("Launched " + (count == 1 ? "1 instance" : count + " instances") + " of " + imageId + ".");
        for (Instance instance : instances) {
            session.console().print(instance.id());
            instance.volumeIds().forEach(session.console()::print);
        }
    }
}
