package dev.varve.cli;

import dev.varve.Engine;
import dev.varve.volume.Volume;
import dev.varve.volume.VolumeAttachment;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/** {@code varve volumes} and {@code varve volume list}. */
@Command(
        name = "volumes",
        header = "List volumes, oldest first.",
        footer = {
            "",
            "Examples:",
            "  varve volumes",
            "  varve volumes --json | jq -r '.Volumes[].VolumeId'",
        })
final class VolumesCommand implements Callable<Integer> {
    private final Session session;

    VolumesCommand(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() throws IOException {
        Engine engine = session.open();
        List<Volume> volumes = Lists.all(session.scope(engine).volumes());
        if (session.json()) {
            session.console().print(Json.object(json -> json.objects("Volumes", volumes, Documents::volume)));
        } else {
            session.console().print(table(volumes));
        }
        return Main.DONE;
    }

    static Table table(List<Volume> volumes) {
        Table table = new Table("VOLUME", ">SIZE", "STATE", "SNAPSHOT", "INSTANCE", "DEVICE", "CREATED");
        for (Volume volume : volumes) {
            String snapshot = volume.snapshotId();
            VolumeAttachment attachment = volume.attachment();
            table.row(
                    volume.id(),
                    Sizes.format(volume.sizeBytes()),
                    volume.state().toString(),
                    snapshot == null ? "-" : snapshot,
                    attachment == null ? "-" : attachment.instanceId(),
                    attachment == null ? "-" : attachment.deviceName(),
                    Times.forPeople(volume.createTime()));
        }
        return table;
    }
}
