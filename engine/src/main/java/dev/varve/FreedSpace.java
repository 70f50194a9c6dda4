package dev.varve;

/**
 * What becomes free when something is deleted, after the time of grace and a collection.
 *
 * @param bytes as they are stored, with logs of volumes
 * @param precision of the number
 */
public record FreedSpace(long bytes, Precision precision) {
    /** How well it is known. */
    public enum Precision {
        /** To the byte. */
        EXACT,
        /** There were so many chunks that some stood for all. */
        ESTIMATE,
        /** There was so much else that not all was looked at: it may need a part of it. */
        AT_MOST
    }
}
