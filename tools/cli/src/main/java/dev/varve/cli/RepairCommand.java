package dev.varve.cli;

import dev.varve.ContentSource;
import dev.varve.Engine;
import dev.varve.EngineOptions;
import dev.varve.IndexRebuild;
import dev.varve.RebuildReport;
import dev.varve.RepairReport;
import dev.varve.RepairSource;
import dev.varve.block.BlockDevice;
import dev.varve.formats.DiskImageException;
import dev.varve.formats.Signature;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code varve repair}. */
@Command(
        name = "repair",
        header = "Find lost content elsewhere, and put it back.",
        description = {
            "",
            "Reads all data, as check --data does. What is lost is looked for in the cache, where volumes were written to, and in",
            "the sources, by its hash, which proves it. Before that, what has rotted in the logs of volumes is put back from",
            "sources that are copies of this store; a volume that is in use is only looked at. What can't be mended is listed, with",
            "who has lost it: exit code 1.",
            "Everything else stays readable meanwhile. Ctrl-C keeps what was mended.",
            "",
            "A store whose index is damaged may not open at all. With --rebuild-index its index is made anew first: of its data files,",
            "of what can still be read of the index, and of a copy of the store, if one is named. Records that come from a copy are",
            "as old as the copy is. The old index is kept. Interrupted, the same command ends it.",
        },
        footer = {
            "",
            "Examples:",
            "  varve repair --dry-run --from /mnt/backup/varve       what would be mended",
            "  varve repair --from debian.raw --from /dev/sdb",
            "  varve repair --rebuild-index --from /mnt/backup/varve",
        })
final class RepairCommand implements Callable<Integer> {
    private final Session session;

    @Option(
            names = "--from",
            paramLabel = "SOURCE",
            description =
                    "Where to look: the folder of a store that nobody has open, or a raw disk, a file or a block device.")
    private List<Path> sources = new ArrayList<>();

    @Option(names = "--dry-run", description = "Change nothing, and say what would be mended.")
    private boolean dryRun;

    @Option(
            names = "--rebuild-index",
            description =
                    "Make the index anew first, of a store that no server has open; stores among the sources that are"
                            + " copies of this one help. If it has to come from a copy as a whole, the store is as it was"
                            + " when the copy was made: what volumes wrote later goes.")
    private boolean rebuildIndex;

    @Option(
            names = "--accept-loss",
            description =
                    "With --rebuild-index: go on where images, snapshots or volumes are lost by it, or the last changes"
                            + " to them, or where data can't be read now.")
    private boolean acceptLoss;

    RepairCommand(Session session) {
        this.session = session;
    }

    /** Sources that are open. */
    private final class Opened implements AutoCloseable {
        private final List<AutoCloseable> toClose = new ArrayList<>();
        private final List<RepairSource> sources = new ArrayList<>();

        void open(Path path) throws IOException {
            if (session.caller().isStream(path)) {
                throw new DiskImageException(path, "this is a pipe; name a raw disk or a store");
            }
            ContentSource store = session.caller().openStore(path);
            if (store != null) {
                toClose.add(store);
                sources.add(RepairSource.ofStore(path.toString(), store));
                return;
            }
            BlockDevice disk = session.caller().openDisk(path);
            toClose.add(disk);
            Signature signature = Signature.of(disk);
            if (signature != null) {
                throw new DiskImageException(
                        path, "this is " + signature.what() + "; as a source only raw disks are read");
            }
            sources.add(RepairSource.ofDisk(path.toString(), disk));
        }

        @Override
        public void close() throws IOException {
            IOException first = null;
            for (AutoCloseable each : toClose) {
                try {
                    each.close();
                } catch (Exception e) {
                    first = first == null ? new IOException("a source could not be closed", e) : first;
                }
            }
            if (first != null) {
                throw first;
            }
        }
    }

    @Override
    public Integer call() throws IOException {
        if (acceptLoss && !rebuildIndex) {
            throw new BadUsage("--accept-loss goes with --rebuild-index");
        }
        RebuildReport rebuilt = rebuildIndex ? rebuild() : null;
        if (rebuilt != null && !session.json()) {
            RebuildText.print(session.console(), rebuilt);
        }
        RepairReport report;
        try {
            report = repair();
        } catch (IOException | RuntimeException e) {
            if (rebuilt != null && session.json()) {
                session.console().print(Json.object(json -> printRebuilt(json, rebuilt))); // that much is done
            }
            throw e;
        }
        if (session.json()) {
            printDocument(rebuilt, report);
        } else {
            printForPeople(report);
        }
        String left = left(report);
        if (left != null) {
            throw new Failure(session.store(), left);
        }
        return Main.DONE;
    }

    private RepairReport repair() throws IOException {
        Engine engine = session.open();
        try (Opened opened = new Opened()) {
            for (Path source : sources) {
                opened.open(source);
            }
            try (ProgressBar bar = new ProgressBar(session.console(), "repairing")) {
                return engine.repair(opened.sources, dryRun, bar);
            }
        }
    }

    private RebuildReport rebuild() throws IOException {
        if (dryRun) {
            throw new BadUsage("--rebuild-index changes the store: not with --dry-run");
        }
        if (session.isServed()) {
            throw new Failure(session.store(), "a server has this store open; stop it, then rebuild the index");
        }
        for (Path source : sources) {
            if (Files.notExists(source)) {
                throw new Failure(source, "there is no such file or folder");
            }
        }
        List<Path> copies = sources.stream().filter(Files::isDirectory).toList();
        try (ProgressBar bar = new ProgressBar(session.console(), "rebuilding")) {
            return IndexRebuild.run(session.store(), copies, acceptLoss, EngineOptions.defaults(), bar);
        }
    }

    private @Nullable String left(RepairReport report) {
        if (report.left().isClean()) {
            return null;
        }
        String still = dryRun ? " would be left" : report.left().problemCount() == 1 ? " is left" : " are left";
        return Problems.count(report.left().problemCount()) + still + "; name more sources with --from"
                + Problems.adviceOnIndex(report.left().problems());
    }

    private void printForPeople(RepairReport report) {
        Console console = session.console();
        Problems.print(console, report.left().problems());
        report.failures().forEach(failure -> console.print("Not read: " + Table.printable(failure)));
        console.print("Lost        " + text(report.lostChunks(), report.lostNodes()));
        for (RepairReport.Found found : report.found()) {
            console.print((dryRun ? "Found       " : "Mended      ") + text(found) + ", from "
                    + Table.printable(found.source()));
        }
        if (report.left().isClean()) {
            console.print(dryRun ? "All would be well." : "All is well.");
        }
    }

    private static String text(RepairReport.Found found) {
        List<String> parts = new ArrayList<>();
        if (found.chunks() + found.nodes() > 0) {
            parts.add(text(found.chunks(), found.nodes()));
        }
        if (found.logRecords() > 0) {
            parts.add(found.logRecords() + (found.logRecords() == 1 ? " record" : " records") + " of volumes' logs");
        }
        if (found.logPages() > 0) {
            parts.add(found.logPages() + (found.logPages() == 1 ? " page" : " pages") + " of volumes' logs");
        }
        return String.join(", ", parts);
    }

    private static String text(long chunks, long nodes) {
        return chunks
                + (chunks == 1 ? " chunk" : " chunks")
                + (nodes == 0 ? "" : ", " + nodes + (nodes == 1 ? " part" : " parts") + " of manifests");
    }

    private void printDocument(@Nullable RebuildReport rebuilt, RepairReport report) throws IOException {
        session.console()
                .print(Json.object(json -> Problems.print(
                        printRebuilt(json, rebuilt)
                                .number("LostChunks", report.lostChunks())
                                .number("LostNodes", report.lostNodes())
                                .objects(
                                        dryRun ? "Found" : "Mended",
                                        report.found(),
                                        (item, found) -> item.text("Source", found.source())
                                                .number("Chunks", found.chunks())
                                                .number("Nodes", found.nodes())
                                                .number("LogRecords", found.logRecords())
                                                .number("LogPages", found.logPages()))
                                .texts("NotRead", report.failures())
                                .number("ProblemCount", report.left().problemCount()),
                        report.left().problems())));
    }

    private static Json printRebuilt(Json json, @Nullable RebuildReport rebuilt) throws IOException {
        return json.object("Rebuilt", rebuilt == null ? null : part -> RebuildText.print(part, rebuilt));
    }
}
