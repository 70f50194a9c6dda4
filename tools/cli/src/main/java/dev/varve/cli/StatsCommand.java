package dev.varve.cli;

import dev.varve.Engine;
import dev.varve.EngineInfo;
import dev.varve.EngineScope;
import dev.varve.EngineStats;
import dev.varve.image.Image;
import dev.varve.snapshot.Snapshot;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/** {@code varve stats}. */
@Command(
        name = "stats",
        header = "Show what the store holds and what it takes.",
        footer = {
            "",
            "Examples:",
            "  varve stats",
            "  varve stats --json",
        })
final class StatsCommand implements Callable<Integer> {
    private final Session session;

    private record Numbers(EngineInfo info, EngineStats stats, int images, int snapshots, long diskBytes) {}

    StatsCommand(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() throws IOException {
        Numbers numbers;
        try (Engine engine = session.open()) {
            EngineScope scope = session.scope(engine);
            List<Image> images = Lists.all(scope.images());
            List<Snapshot> snapshots = Lists.all(scope.snapshots());
            long diskBytes = snapshots.stream().mapToLong(Snapshot::sizeBytes).sum();
            numbers = new Numbers(engine.info(), engine.stats(), images.size(), snapshots.size(), diskBytes);
        }
        if (session.json()) {
            printDocument(numbers);
        } else {
            printForPeople(numbers);
        }
        return Main.DONE;
    }

    private void printForPeople(Numbers numbers) {
        EngineStats stats = numbers.stats;
        Console console = session.console();
        console.print("Store       " + session.store() + " (" + numbers.info.storeId() + ")");
        console.print("Format      " + numbers.info.formatVersion() + ", chunks of "
                + Sizes.format(numbers.info.chunkSizeBytes()) + ", codec "
                + InitCommand.Codec.name(numbers.info.codec()));
        console.print("Images      " + numbers.images);
        console.print(
                "Snapshots   " + numbers.snapshots + ", disks of " + Sizes.format(numbers.diskBytes) + " together");
        console.print(
                "Chunks      " + stats.chunks() + " distinct, " + Sizes.format(stats.liveBytes()) + " compressed");
        console.print("On disk     " + Sizes.format(stats.packBytes()) + " in " + stats.packs() + " packs, "
                + Sizes.format(stats.indexBytes()) + " of index");
    }

    private void printDocument(Numbers numbers) throws IOException {
        EngineStats stats = numbers.stats;
        session.console()
                .print(Json.object(json -> json.text("Store", session.store().toString())
                        .text("StoreId", numbers.info.storeId().toString())
                        .number("FormatVersion", numbers.info.formatVersion())
                        .number("ChunkSize", numbers.info.chunkSizeBytes())
                        .text("Codec", InitCommand.Codec.name(numbers.info.codec()))
                        .number("Images", numbers.images)
                        .number("Snapshots", numbers.snapshots)
                        .number("DiskBytes", numbers.diskBytes)
                        .number("Chunks", stats.chunks())
                        .number("Nodes", stats.nodes())
                        .number("Packs", stats.packs())
                        .number("PackBytes", stats.packBytes())
                        .number("LiveBytes", stats.liveBytes())
                        .number("IndexBytes", stats.indexBytes())));
    }
}
