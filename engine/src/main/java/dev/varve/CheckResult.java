package dev.varve;

import dev.varve.maintenance.Findings;
import dev.varve.volume.LogMending;
import java.util.ArrayList;
import java.util.List;

/**
 * What a check found.
 *
 * @param problems what is wrong; the first {@value Engine#MAX_PROBLEMS} of it
 * @param problemCount how much is wrong
 * @param snapshotCount snapshots looked at
 * @param imageCount images looked at
 * @param volumeCount volumes looked at
 * @param dataBytes bytes of packs read; 0 unless data was checked
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

    /** With what is damaged in volumes' logs. */
    CheckResult with(LogMending.Result logs) {
        List<CheckProblem> all = new ArrayList<>(problems);
        logs.left().stream()
                .limit(Math.max(0, Engine.MAX_PROBLEMS - all.size()))
                .forEach(each -> all.add(new CheckProblem(
                        each.message(), each.volumeId(), List.of(), each.offsetBytes(), each.lengthBytes())));
        return new CheckResult(all, problemCount + logs.leftCount(), snapshotCount, imageCount, volumeCount, dataBytes);
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
