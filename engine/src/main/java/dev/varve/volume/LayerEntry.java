package dev.varve.volume;

import org.jspecify.annotations.Nullable;

/**
 * A layer of a volume's log that is not written any more, as the volume's record names it.
 *
 * @param number all records of this layer and of those before it belong to it
 * @param lastSequence of the last of them, which is durable
 * @param sizeBytes of the volume then
 * @param snapshotId what it is folded into; null when it is folded for the log's sake only
 */
record LayerEntry(
        long number,
        long lastSequence,
        long sizeBytes,
        @Nullable String snapshotId) {
    /** What comes behind it. */
    LogState.Start next() {
        return new LogState.Start(lastSequence + 1, number + 1);
    }

    /** The same for the log's sake only. */
    LayerEntry withoutSnapshot() {
        return new LayerEntry(number, lastSequence, sizeBytes, null);
    }
}
