package dev.varve.cli;

import dev.varve.Engine;
import dev.varve.EngineScope;
import dev.varve.volume.Volume;
import dev.varve.volume.VolumeRequest;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code varve volume create}. */
@Command(
        name = "create",
        header = "Make a volume: of a snapshot, or blank.",
        description = {
            "",
            "Takes the same time whatever its size, which is in whole GiB, rounded up. A volume of a",
            "snapshot has its size unless told otherwise, and does not need it to stay."
        },
        footer = {
            "",
            "Examples:",
            "  varve volume create --size 8G",
            "  varve volume create --from snap-0123456789abcdef0 --tag Name=data",
            "  varve volume create --from ami-0123456789abcdef0 --size 100G",
        })
final class VolumeCreateCommand implements Callable<Integer> {
    private final Session session;

    @Option(
            names = "--from",
            paramLabel = "SNAP",
            description = "A snapshot (snap-...), or an image (ami-...), which stands for its root disk.")
    private @Nullable String from;

    @Option(
            names = "--size",
            paramLabel = "SIZE",
            converter = Sizes.GibConverter.class,
            description = "Its size, such as 8G or 8GiB.")
    private @Nullable Long sizeGib;

    @Option(names = "--tag", paramLabel = "KEY=VALUE", description = "A tag; may be repeated.")
    private Map<String, String> tags = new LinkedHashMap<>();

    VolumeCreateCommand(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() throws IOException {
        String source = from;
        Long size = sizeGib;
        if (source == null && size == null) {
            throw new BadUsage("a volume is made --from a snapshot, or blank with a --size");
        }
        VolumeRequest request =
                VolumeRequest.NEW.withSizeGib(size == null ? 0 : size).withTags(tags);
        Engine engine = session.open();
        EngineScope scope = session.scope(engine);
        Volume volume = scope.volumes()
                .create(source == null ? request : request.withSnapshotId(Ids.snapshot(scope, source, null)));
        if (session.json()) {
            session.console().print(Json.object(json -> Documents.volume(json, volume)));
        } else {
            session.console()
                    .print("Created a volume of " + Sizes.format(volume.sizeBytes())
                            + (source == null ? "." : " from " + source + "."));
            session.console().print(volume.id());
        }
        return Main.DONE;
    }
}
