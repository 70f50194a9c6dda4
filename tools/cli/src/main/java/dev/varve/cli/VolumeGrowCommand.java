package dev.varve.cli;

import dev.varve.Engine;
import dev.varve.volume.Volume;
import dev.varve.volume.Volumes;
import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code varve volume grow}. */
@Command(
        name = "grow",
        header = "Make a volume longer.",
        description = {"", "What is added reads as zeros. The size is in whole GiB, rounded up."},
        footer = {
            "",
            "Examples:",
            "  varve volume grow vol-0123456789abcdef0 16G",
        })
final class VolumeGrowCommand implements Callable<Integer> {
    private final Session session;

    @Parameters(index = "0", paramLabel = "VOL", description = "The volume (vol-...).")
    private String id = "";

    @Parameters(
            index = "1",
            paramLabel = "SIZE",
            converter = Sizes.GibConverter.class,
            description = "Its new size, such as 16G or 16GiB.")
    private long sizeGib;

    VolumeGrowCommand(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() throws IOException {
        long before;
        Volume volume;
        Engine engine = session.open();
        Volumes volumes = session.scope(engine).volumes();
        before = volumes.get(id).sizeGib();
        volume = volumes.grow(id, sizeGib);
        if (session.json()) {
            session.console()
                    .print(Json.object(json -> json.object(
                            "VolumeModification",
                            item -> item.text("VolumeId", id)
                                    .text("ModificationState", "completed")
                                    .number("TargetSize", volume.sizeGib())
                                    .number("OriginalSize", before)
                                    .number("Progress", 100))));
        } else {
            session.console().print(id + " has " + volume.sizeGib() + " GiB now, " + before + " GiB before.");
        }
        return Main.DONE;
    }
}
