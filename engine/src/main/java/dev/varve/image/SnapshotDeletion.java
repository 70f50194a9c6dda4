package dev.varve.image;

/**
 * What became of a snapshot of an image that was deregistered together with its snapshots.
 *
 * @param snapshotId of the snapshot
 * @param result what became of it
 */
public record SnapshotDeletion(String snapshotId, Result result) {
    /** What can become of it. */
    public enum Result {
        /** It is deleted. */
        SUCCESS,
        /** It stays: another image needs it. */
        SKIPPED,
        /** It was deleted before. */
        CLIENT_ERROR,
        /** It stays: the store failed. */
        INTERNAL_ERROR
    }
}
