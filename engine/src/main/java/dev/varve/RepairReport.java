package dev.varve;

import dev.varve.maintenance.Repair;
import dev.varve.volume.LogMending;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a repair did, or a dry run would have done.
 *
 * @param lostChunks blocks of data that something needs and that could not be read
 * @param lostNodes parts of manifests likewise
 * @param found where some of them were found, each proved by its hash, and what volumes' logs had lost, proved by its place
 *     in them; mended
 * @param failures what could not be read: of sources, and the ends of volumes' logs behind which a source has more
 * @param left what is wrong still, also in volumes' logs
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
     * @param logRecords of volumes' logs: what is known of pages, and files that have their length again
     * @param logPages of volumes' logs: 4 KiB each that were written to a volume
     */
    public record Found(String source, long chunks, long nodes, long logRecords, long logPages) {
        private Found with(Found more) {
            return new Found(
                    source,
                    chunks + more.chunks,
                    nodes + more.nodes,
                    logRecords + more.logRecords,
                    logPages + more.logPages);
        }
    }

    static RepairReport of(LogMending.Result logs, Repair.Result result) {
        Map<String, Found> found = new LinkedHashMap<>();
        logs.found()
                .forEach((source, each) -> found.put(source, new Found(source, 0, 0, each.records(), each.pages())));
        result.found()
                .forEach((source, each) ->
                        found.merge(source, new Found(source, each.chunks(), each.nodes(), 0, 0), Found::with));
        List<String> failures = new ArrayList<>(logs.failures());
        failures.addAll(result.failures());
        return new RepairReport(
                result.lostChunks(),
                result.lostNodes(),
                List.copyOf(found.values()),
                failures,
                CheckResult.of(result.left()).with(logs));
    }
}
