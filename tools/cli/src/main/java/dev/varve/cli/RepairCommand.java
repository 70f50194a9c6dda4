package dev.varve.cli;

import dev.varve.ContentSource;
import dev.varve.Engine;
import dev.varve.RepairReport;
import dev.varve.RepairSource;
import dev.varve.block.BlockDevice;
import dev.varve.formats.DiskImageException;
import dev.varve.formats.Signature;
import java.io.IOException;
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
            "the sources, by its hash, which proves it. What can't be mended is listed, with who has lost it: exit code 1.",
            "Everything else stays readable meanwhile. Ctrl-C keeps what was mended.",
        },
        footer = {
            "",
            "Examples:",
            "  varve repair --dry-run --from /mnt/backup/varve       what would be mended",
            "  varve repair --from debian.raw --from /dev/sdb",
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
        Engine engine = session.open();
        RepairReport report;
        try (Opened opened = new Opened()) {
            for (Path source : sources) {
                opened.open(source);
            }
            try (ProgressBar bar = new ProgressBar(session.console(), "repairing")) {
                report = engine.repair(opened.sources, dryRun, bar);
            }
        }
        if (session.json()) {
            printDocument(report);
        } else {
            printForPeople(report);
        }
        String left = left(report);
        if (left != null) {
            throw new Failure(session.store(), left);
        }
        return Main.DONE;
    }

    private @Nullable String left(RepairReport report) {
        if (report.left().isClean()) {
            return null;
        }
        String still = dryRun ? " would be left" : report.left().problemCount() == 1 ? " is left" : " are left";
        return Problems.count(report.left().problemCount()) + still + "; name more sources with --from";
    }

    private void printForPeople(RepairReport report) {
        Console console = session.console();
        Problems.print(console, report.left().problems());
        report.failures().forEach(failure -> console.print("Not read: " + Table.printable(failure)));
        console.print("Lost        " + text(report.lostChunks(), report.lostNodes()));
        for (RepairReport.Found found : report.found()) {
            console.print((dryRun ? "Found       " : "Mended      ") + text(found.chunks(), found.nodes()) + ", from "
                    + Table.printable(found.source()));
        }
        if (report.left().isClean()) {
            console.print(dryRun ? "All would be well." : "All is well.");
        }
    }

    private static String text(long chunks, long nodes) {
        return chunks
                + (chunks == 1 ? " chunk" : " chunks")
                + (nodes == 0 ? "" : ", " + nodes + (nodes == 1 ? " part" : " parts") + " of manifests");
    }

    private void printDocument(RepairReport report) throws IOException {
        session.console()
                .print(Json.object(json -> Problems.print(
                        json.number("LostChunks", report.lostChunks())
                                .number("LostNodes", report.lostNodes())
                                .objects(
                                        dryRun ? "Found" : "Mended",
                                        report.found(),
                                        (item, found) -> item.text("Source", found.source())
                                                .number("Chunks", found.chunks())
                                                .number("Nodes", found.nodes()))
                                .texts("NotRead", report.failures())
                                .number("ProblemCount", report.left().problemCount()),
                        report.left().problems())));
    }
}
