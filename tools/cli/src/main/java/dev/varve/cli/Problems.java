package dev.varve.cli;

import dev.varve.CheckProblem;
import dev.varve.ScrubStatus;
import java.io.IOException;
import java.time.Instant;
import java.util.List;

/** How commands tell what is wrong in a store, and when its data was read last. */
final class Problems {
    private Problems() {}

    static void print(Console console, List<CheckProblem> problems) {
        for (CheckProblem problem : problems) {
            console.print(Table.printable(problem.message()));
            if (problem.lengthBytes() > 0) {
                console.print("  lost: " + problem.lengthBytes() + " bytes at " + problem.offsetBytes() + " of "
                        + problem.snapshotId() + users(problem));
            } else if (problem.snapshotId() != null) {
                console.print("  lost: " + problem.snapshotId() + users(problem));
            }
        }
    }

    private static String users(CheckProblem problem) {
        return problem.imageIds().isEmpty() ? "" : ", used by " + String.join(", ", problem.imageIds());
    }

    /** What to do, besides, if some of it is the index's; else nothing. */
    static String adviceOnIndex(List<CheckProblem> problems) {
        return problems.stream().anyMatch(problem -> problem.message().contains("/index is damaged"))
                ? "; with --rebuild-index it makes the index anew, of which a part can't be read"
                : "";
    }

    static Json print(Json json, List<CheckProblem> problems) throws IOException {
        return json.objects(
                "Problems",
                problems,
                (item, problem) -> item.text("Message", problem.message())
                        .text("SnapshotId", problem.snapshotId())
                        .texts("ImageIds", problem.imageIds())
                        .number("Offset", problem.offsetBytes())
                        .number("Length", problem.lengthBytes()));
    }

    static String count(long count) {
        return count == 1 ? "1 problem" : count + " problems";
    }

    /** When all data was read, and how far the next reading is. */
    static String describe(ScrubStatus scrub) {
        Instant ended = scrub.ended();
        String last = ended == null
                ? "never read as a whole"
                : "all read until " + Times.forPeople(ended) + " UTC, " + Sizes.format(scrub.endedBytes());
        Instant begun = scrub.begun();
        String present = begun == null
                ? ""
                : "; again since " + Times.forPeople(begun) + " UTC, " + Sizes.format(scrub.readBytes()) + " so far";
        return last + present + "; " + (scrub.problemCount() == 0 ? "no damage known" : count(scrub.problemCount()));
    }

    static void print(Json json, ScrubStatus scrub) throws IOException {
        json.text("Ended", Times.forPrograms(scrub.ended()))
                .number("EndedBytes", scrub.endedBytes())
                .text("Begun", Times.forPrograms(scrub.begun()))
                .number("ReadBytes", scrub.readBytes())
                .number("ProblemCount", scrub.problemCount());
        print(json, scrub.problems());
    }
}
