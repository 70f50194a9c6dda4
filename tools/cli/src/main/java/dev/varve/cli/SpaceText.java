package dev.varve.cli;

import dev.varve.SpaceHolder;
import dev.varve.SpaceReport;
import dev.varve.SpaceUse;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** What takes how much, for people and for programs. */
final class SpaceText {
    /** So many holders are listed for people. */
    static final int MAX_ROWS = 20;

    private SpaceText() {}

    /** Members of a document. */
    static void json(Json json, SpaceUse use) throws IOException {
        json.number("LogicalBytes", use.logicalBytes())
                .number("DataBytes", use.dataBytes())
                .number("UniqueBytes", use.uniqueBytes())
                .number("SharedBytes", use.sharedBytes())
                .number("StoredBytes", use.storedBytes())
                .number("LogBytes", use.logBytes())
                .flag("Whole", use.isWhole());
    }

    /** Members of a document: all holders, and what adds up to all that is stored. */
    static void json(Json json, SpaceReport report) throws IOException {
        json.objects("Holders", report.holders(), SpaceText::holder)
                .number("SharedBytes", report.sharedBytes())
                .number("RestorableBytes", report.restorableBytes())
                .number("UnneededBytes", report.unneededBytes())
                .number("StoredBytes", report.storedBytes())
                .texts("Problems", report.problems());
    }

    private static void holder(Json json, SpaceHolder holder) throws IOException {
        json.text("Id", holder.id())
                .text("ResourceType", holder.resourceType())
                .text("OwnerId", holder.account())
                .text("Region", holder.region())
                .text("ImageId", holder.imageId());
        json(json, holder.use());
    }

    /** All that take space, images first. */
    static Table table(SpaceReport report, Map<String, String> names) {
        Table table = new Table("ID", "NAME", ">LOGICAL", ">DATA", ">UNIQUE", ">SHARED", ">STORED");
        report.holders().forEach(holder -> row(table, holder, names));
        return table;
    }

    /** Those that alone need most. */
    static Table largest(SpaceReport report, Map<String, String> names) {
        Table table = new Table("HELD BY", "NAME", ">LOGICAL", ">DATA", ">UNIQUE", ">SHARED", ">STORED");
        report.byUnique().stream().limit(MAX_ROWS).forEach(holder -> row(table, holder, names));
        return table;
    }

    private static void row(Table table, SpaceHolder holder, Map<String, String> names) {
        SpaceUse use = holder.use();
        String imageId = holder.imageId();
        String name = imageId == null ? names.getOrDefault(holder.id(), "") : "of " + imageId;
        table.row(
                holder.id(),
                name,
                Sizes.format(use.logicalBytes()),
                Sizes.format(use.dataBytes()),
                Sizes.format(use.uniqueBytes()),
                Sizes.format(use.sharedBytes()),
                Sizes.format(use.storedBytes()));
    }

    /** What adds up to all that is stored, and what is not in it. */
    static List<String> totals(SpaceReport report) {
        long unique = report.storedBytes() - report.sharedBytes() - report.restorableBytes() - report.unneededBytes();
        List<String> lines = new ArrayList<>(List.of(
                "Unique      " + Sizes.format(unique) + ", of one snapshot or volume each",
                "Shared      " + Sizes.format(report.sharedBytes()) + ", of several",
                "Deleted     " + Sizes.format(report.restorableBytes()) + ", which varve restore can bring back",
                "Nobody's    " + Sizes.format(report.unneededBytes()) + ", which collections drop in time",
                "Stored      " + Sizes.format(report.storedBytes())
                        + (report.logBytes() == 0
                                ? ""
                                : ", of which " + Sizes.format(report.logBytes()) + " logs of volumes")));
        report.problems().forEach(problem -> lines.add("Not counted " + Table.printable(problem)));
        return lines;
    }
}
