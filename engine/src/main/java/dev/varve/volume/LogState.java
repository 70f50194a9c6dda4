package dev.varve.volume;

import java.util.List;

/**
 * What the record of a volume says of its log.
 *
 * @param segments which segments it has, oldest first as they were recorded
 * @param start what counts: nothing before it
 * @param frozen how far it was durable when its newest layer was recorded; {@code start} without a layer
 */
record LogState(List<SegmentEntry> segments, Start start, Start frozen) {
    /** A log that was never written. */
    static final LogState EMPTY = new LogState(List.of(), Start.FIRST, Start.FIRST);

    /**
     * A place in a log's order.
     *
     * @param sequence of the first record from there on
     * @param layer it is of this, or of a later one
     */
    record Start(long sequence, long layer) {
        /** Where all logs begin. */
        static final Start FIRST = new Start(1, 1);
    }
}
