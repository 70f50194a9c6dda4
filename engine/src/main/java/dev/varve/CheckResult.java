package dev.varve;

import dev.varve.maintenance.Findings;
import java.util.List;

/**
 * What a check found.
 *
 * @param problems what is wrong; the first {@value Engine#MAX_PROBLEMS} of it
 * @param problemCount how much is wrong
 * @param snapshotCount snapshots looked at
 * @param imageCount images looked at
 * @param volumeCount volumes looked at
 * @param dataBytes bytes of data files read; 0 unless data was checked
 */
public record CheckResult(
        List<CheckProblem> problems,
        long problemCount,
        long snapshotCount,
        long imageCount,
        long volumeCount,
        long dataBytes) {
    /** Makes the list unchangeable. */
    public CheckResult {
        problems = List.copyOf(problems);
    }

    static CheckResult of(Findings found) {
        return new CheckResult(
                CheckProblem.of(found.problems()),
                found.problemCount(),
                found.snapshotCount(),
                found.imageCount(),
                found.volumeCount(),
                found.dataBytes());
    }

    /**
     * Whether nothing is wrong.
     *
     * @return true when there are no problems
     */
    public boolean isClean() {
        return problemCount == 0;
    }
}
