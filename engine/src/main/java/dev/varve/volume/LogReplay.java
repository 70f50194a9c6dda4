package dev.varve.volume;

import java.io.IOException;
import java.util.List;

/**
 * Goes through the records of a log in the order of their sequence, and notices which are lost. A record that was durable
 * and is not there has rotted; what it was about stands in the next one. Where two in a row are lost nobody knows.
 */
final class LogReplay {
    private final String volume;
    private final long durable;
    private final Visitor visitor;
    private long expected;

    /** A segment, and how far it counts. */
    record Part(LogSegment segment, int endBytes) {}

    /**
     * What is known of a record that is lost, from the one behind it.
     *
     * @param next the segment that has the next one
     * @param nextOffsetBytes where
     */
    record Lost(
            LogSegment next,
            int nextOffsetBytes,
            long sequence,
            RecordHeader.Type type,
            long firstPage,
            int pageCount) {}

    /** Who is told. */
    interface Visitor {
        /** A record; false ends the replay before it. */
        boolean record(LogSegment segment, SegmentScan scan, int i, RecordHeader header) throws IOException;

        /** A durable record that is lost. */
        void lost(Lost record);
    }

    /**
     * A replay.
     *
     * @param first the sequence to begin with
     * @param durable up to this sequence nothing may be missing
     */
    LogReplay(String volume, long first, long durable, Visitor visitor) {
        this.volume = volume;
        this.expected = first;
        this.durable = durable;
        this.visitor = visitor;
    }

    /** Replays segments, oldest first; false when it ended before their end. */
    boolean run(List<Part> parts) throws IOException {
        for (Part part : parts) {
            if (!run(part)) {
                return false;
            }
        }
        return true;
    }

    private boolean run(Part part) throws IOException {
        SegmentScan scan = SegmentScan.of(part.segment, part.endBytes);
        for (int i = 0; i < scan.count(); i++) {
            RecordHeader header = scan.header(i);
            if (header.sequence() < expected) {
                throw damaged("record " + header.sequence() + " is in " + part.segment.file.describe() + " at offset "
                        + scan.offsetBytes(i) + ", where record " + expected + " was to be");
            }
            if (header.sequence() > expected) {
                if (expected > durable) {
                    return false;
                }
                lost(part.segment, header, scan.offsetBytes(i));
            }
            if (!visitor.record(part.segment, scan, i, header)) {
                return false;
            }
            expected = header.sequence() + 1;
        }
        return true;
    }

    private void lost(LogSegment segment, RecordHeader next, int offset) throws IOException {
        RecordHeader.Type type = next.previousType();
        if (next.sequence() != expected + 1 || type == null) {
            throw damaged("before offset " + offset + " of " + segment.file.describe() + ": record " + next.sequence()
                    + " is there, and from " + expected + " on those before it are not");
        }
        visitor.lost(new Lost(segment, offset, expected, type, next.previousFirstPage(), next.previousPageCount()));
        expected++;
    }

    /** Ends a replay of a part of the log; the last record is told by the one behind it. */
    void endBefore(LogSegment next) throws IOException {
        if (expected == durable) {
            RecordHeader header = SegmentScan.first(next);
            if (header != null && header.sequence() > expected) {
                lost(next, header, 0);
            }
        }
    }

    /** Ends the replay: what was durable must have been there. */
    void end() throws IOException {
        if (expected <= durable) {
            throw damaged("record " + expected + " was durable and is lost, or a record behind it");
        }
    }

    /** A log is damaged, and nobody knows which pages. */
    static final class DamagedLogException extends IOException {
        private static final long serialVersionUID = 1;

        DamagedLogException(String message) {
            super(message);
        }
    }

    private DamagedLogException damaged(String what) {
        return new DamagedLogException(volume + ": its log is damaged: " + what);
    }

    /** Where a record's page stands in its segment. */
    static int pageOffset(SegmentScan scan, int i, RecordHeader header, int page) {
        return scan.offsetBytes(i) + header.areaBytes() + (page << Pages.SHIFT);
    }

    /** Notes in an index what a record says. */
    static void put(PageIndex index, LogSegment segment, SegmentScan scan, int i, RecordHeader header) {
        if (header.type() == RecordHeader.Type.DATA) {
            for (int page = 0; page < header.pageCount(); page++) {
                int at = pageOffset(scan, i, header, page);
                index.put(header.firstPage() + page, PageWord.data(segment.slot, at, scan.pageChecksum(i, page)));
            }
        } else {
            putAll(index, segment, header);
        }
    }

    /** Notes in an index a record without data. */
    static void putAll(PageIndex index, LogSegment segment, RecordHeader header) {
        long end = header.firstPage() + header.pageCount();
        if (header.type() == RecordHeader.Type.ZEROS) {
            index.putAll(header.firstPage(), end, PageWord.zeros(segment.slot));
        } else if (header.type() == RecordHeader.Type.DAMAGED) {
            index.putAll(header.firstPage(), end, PageWord.damaged(segment.slot));
        }
    }

    /** Notes in an index a record that is lost: zeros are zeros all the same. */
    static void putLost(PageIndex index, Lost lost) {
        long word = switch (lost.type) {
            case ZEROS -> PageWord.zeros(lost.next.slot);
            case DATA -> PageWord.lost(lost.next.slot);
            case DAMAGED -> PageWord.damaged(lost.next.slot);
            case MARK -> PageWord.NONE;
        };
        if (word != PageWord.NONE) {
            index.putAll(lost.firstPage, lost.firstPage + lost.pageCount, word);
        }
    }
}
