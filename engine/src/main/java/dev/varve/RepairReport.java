package dev.varve;

import dev.varve.maintenance.Repair;
import java.util.List;

/**
 * What a repair did, or a dry run would have done.
 *
 * @param lostChunks blocks of data that something needs and that could not be read
 * @param lostNodes parts of manifests likewise
 * @param found where some of them were found, each proved by its hash, and mended
 * @param failures what could not be read of sources
 * @param left what is wrong still
 */
public record RepairReport(
        long lostChunks, long lostNodes, List<Found> found, List<String> failures, CheckResult left) {
    /** Makes the lists unchangeable. */
    public RepairReport {
        found = List.copyOf(found);
        failures = List.copyOf(failures);
    }

    /**
     * What one source had.
     *
     * @param source its name
     * @param chunks blocks of data
     * @param nodes parts of manifests
     */
    public record Found(String source, long chunks, long nodes) {}

    static RepairReport of(Repair.Result result) {
        return new RepairReport(
                result.lostChunks(),
                result.lostNodes(),
                result.found().entrySet().stream()
                        .map(each -> new Found(
                                each.getKey(),
                                each.getValue().chunks(),
                                each.getValue().nodes()))
                        .toList(),
                result.failures(),
                CheckResult.of(result.left()));
    }
}
