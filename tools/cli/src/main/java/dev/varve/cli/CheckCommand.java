package dev.varve.cli;

import dev.varve.CheckProblem;
import dev.varve.CheckResult;
import dev.varve.Engine;
import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code varve check}. */
@Command(
        name = "check",
        header = "Check that everything images, snapshots and volumes need is there.",
        description = {"", "Ends with exit code 1 when something is wrong, and says which images lose which bytes."},
        footer = {
            "",
            "Examples:",
            "  varve check",
            "  varve check --data",
        })
final class CheckCommand implements Callable<Integer> {
    private final Session session;

    @Option(names = "--data", description = "Also read all content and compare it with its hashes.")
    private boolean data;

    CheckCommand(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() throws IOException {
        CheckResult result;
        Engine engine = session.open();
        try (ProgressBar bar = new ProgressBar(session.console(), "checking")) {
            result = engine.check(data, bar);
        }
        if (session.json()) {
            printDocument(result);
        } else {
            printForPeople(result);
        }
        if (!result.isClean()) {
            throw new Failure(
                    session.store(),
                    (result.problemCount() == 1 ? "1 problem" : result.problemCount() + " problems")
                            + "; import what is named again, or restore the store from a copy");
        }
        return Main.DONE;
    }

    private void printForPeople(CheckResult result) {
        for (CheckProblem problem : result.problems()) {
            session.console().print(Table.printable(problem.message()));
            if (problem.lengthBytes() > 0) {
                session.console()
                        .print("  lost: " + problem.lengthBytes() + " bytes at " + problem.offsetBytes() + " of "
                                + problem.snapshotId() + users(problem));
            } else if (problem.snapshotId() != null) {
                session.console().print("  lost: " + problem.snapshotId() + users(problem));
            }
        }
        session.console()
                .print("Checked " + result.imageCount() + " images, " + result.snapshotCount() + " snapshots and "
                        + result.volumeCount() + " volumes"
                        + (data ? ", " + Sizes.format(result.dataBytes()) + " of content" : "")
                        + (result.isClean() ? ": all is well." : "."));
    }

    private static String users(CheckProblem problem) {
        return problem.imageIds().isEmpty() ? "" : ", used by " + String.join(", ", problem.imageIds());
    }

    private void printDocument(CheckResult result) throws IOException {
        session.console()
                .print(Json.object(json -> json.objects(
                                "Problems",
                                result.problems(),
                                (item, problem) -> item.text("Message", problem.message())
                                        .text("SnapshotId", problem.snapshotId())
                                        .texts("ImageIds", problem.imageIds())
                                        .number("Offset", problem.offsetBytes())
                                        .number("Length", problem.lengthBytes()))
                        .number("ProblemCount", result.problemCount())
                        .number("ImageCount", result.imageCount())
                        .number("SnapshotCount", result.snapshotCount())
                        .number("VolumeCount", result.volumeCount())
                        .number("DataBytes", result.dataBytes())));
    }
}
