package dev.varve.volume;

import java.io.IOException;
import java.util.List;

/** Where it is recorded which segments a volume's log has. What a call has changed is durable when it returns. */
interface LogJournal {
    /** Adds a segment, which is used from then on. */
    void add(SegmentEntry segment) throws IOException;

    /** Takes segments away that were never written to. */
    void remove(List<SegmentEntry> segments) throws IOException;

    /** Says what the segments are that were named when the log was opened, and those that its opening has made. */
    void replace(List<SegmentEntry> segments) throws IOException;
}
