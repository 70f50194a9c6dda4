package dev.varve;

import dev.varve.store.StoreRebuild;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What an {@link IndexRebuild} did.
 *
 * @param isResumed whether it ended one that had been interrupted, of which no numbers are known
 * @param source the copy that records come from; null when they are the store's own
 * @param reached number of the last change to that source
 * @param durable number of the last change that the store was known to have made durable; in another copy, or after a rebuild,
 *     changes may be numbered otherwise
 * @param gaps parts of the source that could not be read
 * @param records how many there are now
 * @param filledRecords how many of them the source could not tell and the other index could
 * @param nodes parts of manifests, how many there are now
 * @param filledNodes how many of them come from the other index
 * @param chunks blocks of data that are in the store's files
 * @param notes why something was not used, or is missing
 * @param kept folder of the old index, which may be deleted; the next rebuild does
 */
public record RebuildReport(
        boolean isResumed,
        @Nullable Path source,
        long reached,
        long durable,
        int gaps,
        long records,
        long filledRecords,
        long nodes,
        long filledNodes,
        long chunks,
        List<String> notes,
        Path kept) {
    /** Makes the list unchangeable. */
    public RebuildReport {
        notes = List.copyOf(notes);
    }

    /**
     * Whether records are older than what was durable.
     *
     * @return true when the last changes are not in them
     */
    public boolean isOlder() {
        return reached < durable;
    }

    static RebuildReport of(StoreRebuild.Result result) {
        return new RebuildReport(
                result.isResumed(),
                result.source(),
                result.reached(),
                result.durable(),
                result.gaps(),
                result.records(),
                result.filledRecords(),
                result.nodes(),
                result.filledNodes(),
                result.chunks(),
                result.notes(),
                result.kept());
    }
}
