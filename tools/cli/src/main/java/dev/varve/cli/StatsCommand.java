package dev.varve.cli;

import dev.varve.Engine;
import dev.varve.EngineInfo;
import dev.varve.EngineScope;
import dev.varve.EngineStats;
import dev.varve.ScrubStatus;
import dev.varve.SpaceReport;
import dev.varve.snapshot.Snapshot;
import dev.varve.volume.Volume;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code varve stats}. */
@Command(
        name = "stats",
        header = "Show what the store holds and what it takes.",
        footer = {
            "",
            "Examples:",
            "  varve stats",
            "  varve stats --by-owner    what each image, snapshot and volume takes, alone and with others",
            "  varve stats --json",
        })
final class StatsCommand implements Callable<Integer> {
    private final Session session;

    @Option(
            names = "--by-owner",
            description = {
                "Also say of each image, snapshot and volume, of all accounts and regions, how long its disk is (logical), what of"
                        + " it is not zeros (data), and what it takes of the store: what nothing else needs (unique), and what"
                        + " others need, too (shared)."
            })
    private boolean byOwner;

    private record Numbers(
            EngineInfo info,
            EngineStats stats,
            ScrubStatus scrub,
            Counts counts,
            @Nullable SpaceReport space) {}

    /** Of the account and region. */
    private record Counts(
            int images, int snapshots, long diskBytes, int volumes, long volumeBytes, long logBytes, int instances) {}

    StatsCommand(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() throws IOException {
        Numbers numbers;
        Engine engine = session.open();
        EngineScope scope = session.scope(engine);
        numbers = new Numbers(
                engine.info(),
                engine.stats(),
                engine.scrubStatus(),
                count(scope),
                byOwner ? session.space(engine) : null);
        if (session.json()) {
            printDocument(numbers);
        } else {
            printForPeople(numbers, byOwner ? Lists.names(scope) : Map.of());
        }
        return Main.DONE;
    }

    private static Counts count(EngineScope scope) throws IOException {
        List<Snapshot> snapshots = Lists.all(scope.snapshots());
        List<Volume> volumes = Lists.all(scope.volumes());
        long logBytes = 0;
        for (Volume volume : volumes) {
            logBytes += scope.volumes().stats(volume.id()).logBytes();
        }
        return new Counts(
                Lists.all(scope.images()).size(),
                snapshots.size(),
                snapshots.stream().mapToLong(Snapshot::sizeBytes).sum(),
                volumes.size(),
                volumes.stream().mapToLong(Volume::sizeBytes).sum(),
                logBytes,
                Lists.all(scope.instances()).size());
    }

    private void printForPeople(Numbers numbers, Map<String, String> names) {
        EngineStats stats = numbers.stats;
        Counts counts = numbers.counts;
        Console console = session.console();
        console.print("Store       " + session.store() + " (" + numbers.info.storeId() + ")");
        console.print("Format      " + numbers.info.formatVersion() + ", chunks of "
                + Sizes.format(numbers.info.chunkSizeBytes()) + ", codec "
                + InitCommand.Codec.name(numbers.info.codec()));
        console.print("Images      " + counts.images);
        console.print("Snapshots   " + counts.snapshots + ", disks of " + Sizes.format(counts.diskBytes) + " together");
        console.print("Volumes     " + counts.volumes + ", disks of " + Sizes.format(counts.volumeBytes)
                + " together, logs of " + Sizes.format(counts.logBytes));
        console.print("Instances   " + counts.instances);
        console.print("Chunks      " + (stats.chunks() > EngineStats.MOST_COUNTED ? "about " : "") + stats.chunks()
                + " distinct, " + Sizes.format(stats.liveBytes()) + " compressed");
        console.print("On disk     " + Sizes.format(stats.packBytes()) + " in " + stats.packs() + " packs, "
                + Sizes.format(stats.indexBytes()) + " of index");
        console.print("Data        " + Problems.describe(numbers.scrub));
        Problems.print(console, numbers.scrub.problems());
        if (numbers.space != null) {
            console.print("");
            console.print(SpaceText.table(numbers.space, names));
            console.print("");
            SpaceText.totals(numbers.space).forEach(console::print);
        }
    }

    private void printDocument(Numbers numbers) throws IOException {
        EngineStats stats = numbers.stats;
        Counts counts = numbers.counts;
        session.console()
                .print(Json.object(json -> json.text("Store", session.store().toString())
                        .text("StoreId", numbers.info.storeId().toString())
                        .number("FormatVersion", numbers.info.formatVersion())
                        .number("ChunkSize", numbers.info.chunkSizeBytes())
                        .text("Codec", InitCommand.Codec.name(numbers.info.codec()))
                        .number("Images", counts.images)
                        .number("Snapshots", counts.snapshots)
                        .number("DiskBytes", counts.diskBytes)
                        .number("Volumes", counts.volumes)
                        .number("VolumeBytes", counts.volumeBytes)
                        .number("LogBytes", counts.logBytes)
                        .number("Instances", counts.instances)
                        .number("Chunks", stats.chunks())
                        .number("Nodes", stats.nodes())
                        .number("Packs", stats.packs())
                        .number("PackBytes", stats.packBytes())
                        .number("LiveBytes", stats.liveBytes())
                        .number("IndexBytes", stats.indexBytes())
                        .number("Alarms", stats.alarms())
                        .object("Scrub", part -> Problems.print(part, numbers.scrub))
                        .object("Space", numbers.space == null ? null : part -> SpaceText.json(part, numbers.space))));
    }
}
