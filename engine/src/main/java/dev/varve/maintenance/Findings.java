package dev.varve.maintenance;

import java.util.List;

/**
 * What a check found.
 *
 * @param problems what is wrong; the first {@value #MAX_PROBLEMS} of it
 * @param problemCount how much is wrong
 * @param snapshotCount snapshots looked at
 * @param imageCount images looked at
 * @param volumeCount volumes looked at
 * @param dataBytes bytes of packs read
 */
public record Findings(
        List<Problem> problems,
        long problemCount,
        long snapshotCount,
        long imageCount,
        long volumeCount,
        long dataBytes) {
    /** How many problems are told in full. */
    public static final int MAX_PROBLEMS = 10_000;

    /** Makes the list unchangeable. */
    public Findings {
        problems = List.copyOf(problems);
    }
}
