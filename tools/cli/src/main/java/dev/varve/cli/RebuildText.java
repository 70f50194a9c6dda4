package dev.varve.cli;

import dev.varve.RebuildReport;
import java.io.IOException;
import java.nio.file.Path;

/** How a command tells that an index was rebuilt. */
final class RebuildText {
    private RebuildText() {}

    static void print(Console console, RebuildReport report) {
        if (report.isResumed()) {
            console.print("Rebuilt     the index: a rebuild that was interrupted has ended");
        } else {
            console.print("Rebuilt     the index: " + report.records() + " records, " + report.nodes()
                    + " parts of manifests, " + report.chunks() + " chunks");
            console.print("Records     " + source(report));
            if (report.gaps() > 0) {
                console.print("Gaps        " + report.gaps() + " in what was read; filled with "
                        + report.filledRecords() + " records and " + report.filledNodes() + " parts of manifests");
            }
            report.notes().forEach(note -> console.print("Note        " + Table.printable(note)));
        }
        console.print("Kept        the old index in "
                + Table.printable(report.kept().toString()) + "; delete it when all is well");
    }

    /** A copy's changes are its own: after an earlier rebuild they may be numbered otherwise, so it is never said to be complete. */
    private static String source(RebuildReport report) {
        Path copy = report.source();
        String from = copy == null
                ? "of the store itself"
                : "of " + Table.printable(copy.toString()) + ", which comes to change " + report.reached();
        if (report.isOlder()) {
            return from + (copy == null ? ", up to change " + report.reached() : "") + ": what followed, up to change "
                    + report.durable() + ", is lost";
        }
        return from + (report.gaps() > 0 ? ", with gaps" : copy == null ? ", complete" : "");
    }

    static void print(Json json, RebuildReport report) throws IOException {
        json.flag("Resumed", report.isResumed())
                .text("Source", report.source() == null ? null : report.source().toString())
                .number("Reached", report.reached())
                .number("Durable", report.durable())
                .number("Gaps", report.gaps())
                .number("Records", report.records())
                .number("FilledRecords", report.filledRecords())
                .number("Nodes", report.nodes())
                .number("FilledNodes", report.filledNodes())
                .number("Chunks", report.chunks())
                .texts("Notes", report.notes())
                .text("Kept", report.kept().toString());
    }
}
