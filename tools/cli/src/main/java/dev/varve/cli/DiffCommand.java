package dev.varve.cli;

import dev.varve.Engine;
import dev.varve.EngineScope;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code varve diff}. */
@Command(
        name = "diff",
        header = "List where two disks differ.",
        description = {
            "",
            "Compares what is stored, not the disks' bytes: it takes as long as there are differences.",
            "Ranges are whole chunks. An image stands for its root disk."
        },
        footer = {
            "",
            "Examples:",
            "  varve diff ami-0123456789abcdef0 ami-0fedcba9876543210",
            "  varve diff snap-0123456789abcdef0 snap-0fedcba9876543210 --json",
        })
final class DiffCommand implements Callable<Integer> {
    private final Session session;

    @Parameters(index = "0", paramLabel = "A", description = "An image or a snapshot.")
    private String first = "";

    @Parameters(index = "1", paramLabel = "B", description = "Another.")
    private String second = "";

    private record Range(long offsetBytes, long lengthBytes) {}

    DiffCommand(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() throws IOException {
        List<Range> ranges = new ArrayList<>();
        Engine engine = session.open();
        EngineScope scope = session.scope(engine);
        String firstSnapshot = Ids.snapshot(scope, first, null);
        String secondSnapshot = Ids.snapshot(scope, second, null);
        scope.snapshots().diff(firstSnapshot, secondSnapshot, (offset, length) -> {
            session.console().requireCaller();
            ranges.add(new Range(offset, length));
        });
        long changed = ranges.stream().mapToLong(Range::lengthBytes).sum();
        if (session.json()) {
            session.console()
                    .print(Json.object(json -> json.objects(
                                    "ChangedRanges",
                                    ranges,
                                    (item, range) -> item.number("Offset", range.offsetBytes)
                                            .number("Length", range.lengthBytes))
                            .number("ChangedBytes", changed)));
        } else {
            printForPeople(ranges, changed);
        }
        return Main.DONE;
    }

    private void printForPeople(List<Range> ranges, long changed) {
        if (ranges.isEmpty()) {
            session.console().print("The disks are equal.");
            return;
        }
        Table table = new Table(">OFFSET", ">LENGTH");
        ranges.forEach(range -> table.row(Long.toString(range.offsetBytes), Long.toString(range.lengthBytes)));
        session.console().print(table);
        session.console()
                .print((ranges.size() == 1 ? "1 range" : ranges.size() + " ranges") + ", " + Sizes.format(changed)
                        + ".");
    }
}
