package dev.varve.cli;

import dev.varve.CheckResult;
import dev.varve.Engine;
import dev.varve.ScrubStatus;
import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code varve check}. */
@Command(
        name = "check",
        header = "Check that everything images, snapshots and volumes need is there.",
        description = {
            "",
            "Ends with exit code 1 when something is wrong, and says which images lose which bytes. Content that was found",
            "damaged before is looked at again; a store that is served reads all of it about once a week.",
        },
        footer = {
            "",
            "Examples:",
            "  varve check",
            "  varve check --data",
        })
final class CheckCommand implements Callable<Integer> {
    private final Session session;

    @Option(
            names = "--data",
            description =
                    "Also read all content and the logs of volumes, and compare them with their hashes and checksums.")
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
            printDocument(result, engine.scrubStatus());
        } else {
            printForPeople(result, engine.scrubStatus());
        }
        if (!result.isClean()) {
            throw new Failure(
                    session.store(),
                    Problems.count(result.problemCount())
                            + "; varve repair --from SOURCE mends what another store or a raw disk still has"
                            + Problems.adviceOnIndex(result.problems()));
        }
        return Main.DONE;
    }

    private void printForPeople(CheckResult result, ScrubStatus scrub) {
        Problems.print(session.console(), result.problems());
        if (!data && (scrub.ended() != null || scrub.begun() != null)) {
            session.console().print("Data: " + Problems.describe(scrub));
        }
        session.console()
                .print("Checked " + result.imageCount() + " images, " + result.snapshotCount() + " snapshots and "
                        + result.volumeCount() + " volumes"
                        + (data ? ", " + Sizes.format(result.dataBytes()) + " of content" : "")
                        + (result.isClean() ? ": all is well." : "."));
    }

    private void printDocument(CheckResult result, ScrubStatus scrub) throws IOException {
        session.console()
                .print(Json.object(json -> Problems.print(json, result.problems())
                        .number("ProblemCount", result.problemCount())
                        .number("ImageCount", result.imageCount())
                        .number("SnapshotCount", result.snapshotCount())
                        .number("VolumeCount", result.volumeCount())
                        .number("DataBytes", result.dataBytes())
                        .object("Scrub", part -> Problems.print(part, scrub))));
    }
}
