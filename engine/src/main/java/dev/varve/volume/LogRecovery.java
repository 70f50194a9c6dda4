package dev.varve.volume;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Opens a log that another process, or an earlier handle, has left.
 *
 * <p><b>What counts.</b> Records in the order of their sequence up to the first that is missing or torn. Up to the highest
 * sequence that any header calls durable none may be missing: there a bad record has rotted, its pages are damaged, and
 * what follows counts all the same.
 *
 * <p><b>Behind the last durable mark</b> a record may be in memory of the kernel only, and a loss of power now could take
 * it, but not what is written from now on. So these are written once more, to new segments, and synced before the log is
 * handed out; the record of the volume then ends the old segments at the mark. If this is interrupted, it begins anew.
 */
final class LogRecovery {
    private final String volume;
    private final SegmentSpace space;
    private final VolumeLog log;
    private final List<SegmentEntry> entries;
    private final long frozenLayer;
    private final List<LogSegment> segments = new ArrayList<>();
    private final Pages.Scratch scratch = new Pages.Scratch();

    /** The highest sequence that is known to have been durable. */
    private long durable;

    /** The next sequence, or 0 before the first record. */
    private long expected;

    private @Nullable RecordHeader lastKept;
    private long newestLayer;

    /** The place behind the last record that was durable. */
    private int keptSegments;

    private int keptEndBytes;

    /** Records behind the mark, to be written again. */
    private final List<Tail> tail = new ArrayList<>();

    private record Tail(LogSegment segment, int offsetBytes, RecordHeader header) {}

    /**
     * A recovery.
     *
     * @param frozenLayer the newest layer that the volume's record names: it and those before it were synced before that
     */
    LogRecovery(String volume, SegmentSpace space, VolumeLog log, List<SegmentEntry> entries, long frozenLayer) {
        this.volume = volume;
        this.space = space;
        this.log = log;
        this.entries = entries;
        this.frozenLayer = frozenLayer;
    }

    /** Fills the log's index; the caller holds its gate. */
    void run() throws IOException {
        for (SegmentEntry entry : entries) {
            segments.add(log.enter(
                    space.open(entry.number(), entry.sizeBytes()),
                    HexFormat.of().parseHex(entry.nonce())));
        }
        for (int i = 0; i < segments.size(); i++) {
            SegmentScan scan = SegmentScan.of(segments.get(i), entries.get(i).endBytes());
            for (int k = 0; k < scan.count(); k++) {
                RecordHeader header = scan.header(k);
                durable = Math.max(durable, header.layer() <= frozenLayer ? header.sequence() : header.durable());
            }
        }
        for (int i = 0; i < segments.size(); i++) {
            if (!replay(i)) {
                break;
            }
        }
    }

    /** Replays a segment's records; false when the log ends in it. */
    private boolean replay(int index) throws IOException {
        LogSegment segment = segments.get(index);
        SegmentScan scan = SegmentScan.of(segment, entries.get(index).endBytes());
        int end = 0;
        for (int i = 0; i < scan.count(); i++) {
            RecordHeader header = scan.header(i);
            int offset = scan.offsetBytes(i);
            if (expected != 0 && header.sequence() != expected || expected == 0 && offset != 0) {
                if (header.sequence() - 1 > durable) {
                    return false;
                }
                replayLost(header, segment, offset);
            }
            if (header.sequence() > durable && !isWhole(segment, scan, i, header)) {
                return false;
            }
            apply(segment, scan, i, header);
            end = offset + header.recordBytes();
            if (header.sequence() > durable) {
                tail.add(new Tail(segment, offset, header));
            } else {
                keptSegments = index + 1;
                keptEndBytes = end;
                lastKept = header;
            }
            segment.recovered(end, header.layer(), header.sequence());
            expected = header.sequence() + 1;
            newestLayer = header.layer();
        }
        return true;
    }

    /** A record that was durable is not there: what it was about, the next one says. */
    private void replayLost(RecordHeader next, LogSegment segment, int offset) throws IOException {
        RecordHeader.Type type = next.previousType();
        if (expected != 0 && next.sequence() != expected + 1 || type == null) {
            throw new IOException(volume + ": its log is damaged in " + segment.file.describe() + " before offset "
                    + offset + ": record " + next.sequence() + " is there, those before it are not");
        }
        long from = next.previousFirstPage();
        long to = from + next.previousPageCount();
        if (type == RecordHeader.Type.ZEROS) {
            log.putZeros(segment, from, to);
        }
        for (long page = from; type == RecordHeader.Type.DATA && page < to; page++) {
            log.index().put(page, PageWord.damaged(segment.slot));
        }
    }

    private boolean isWhole(LogSegment segment, SegmentScan scan, int i, RecordHeader header) throws IOException {
        for (int page = 0; header.type() == RecordHeader.Type.DATA && page < header.pageCount(); page++) {
            long at = pageOffset(scan, i, header, page);
            ByteBuffer bytes = scratch.page.clear();
            segment.file.read(bytes, at);
            bytes.clear();
            if (scratch.checksum(segment.nonce(), at, header.firstPage() + page, bytes) != scan.pageChecksum(i, page)) {
                return false;
            }
        }
        return true;
    }

    private void apply(LogSegment segment, SegmentScan scan, int i, RecordHeader header) {
        segment.beginLayer(header.layer());
        switch (header.type()) {
            case ZEROS -> log.putZeros(segment, header.firstPage(), header.firstPage() + header.pageCount());
            case DATA -> {
                for (int page = 0; page < header.pageCount(); page++) {
                    int at = pageOffset(scan, i, header, page);
                    log.index()
                            .put(
                                    header.firstPage() + page,
                                    PageWord.data(segment.slot, at, scan.pageChecksum(i, page)));
                }
            }
            case MARK -> {}
        }
    }

    private static int pageOffset(SegmentScan scan, int i, RecordHeader header, int page) {
        return scan.offsetBytes(i) + header.areaBytes() + (page << Pages.SHIFT);
    }

    /** The segments that hold what was durable, ending there: what the volume's record is to say. */
    List<SegmentEntry> kept() {
        List<SegmentEntry> kept = new ArrayList<>();
        for (int i = 0; i < keptSegments; i++) {
            int end = i == keptSegments - 1 ? keptEndBytes : segments.get(i).endBytes();
            kept.add(entries.get(i).endingAt(end));
        }
        return kept;
    }

    List<LogSegment> keptInMemory() {
        return segments.subList(0, keptSegments);
    }

    /** Those that hold nothing but what came after the mark, or nothing. */
    List<LogSegment> rest() {
        return segments.subList(keptSegments, segments.size());
    }

    /** The last record that was durable, or null. */
    @Nullable
    RecordHeader lastKept() {
        return lastKept;
    }

    /** The newest layer that a record is of; 0 without a record. */
    long newestLayer() {
        return newestLayer;
    }

    /** Appends to the log, which has new segments by now, what came after the mark. */
    void rewriteTail(Staging staging) throws IOException {
        ByteBuffer pages = ByteBuffer.allocateDirect(tail.isEmpty() ? 0 : RecordHeader.MAX_DATA_PAGES * Pages.BYTES);
        for (Tail each : tail) {
            RecordHeader header = each.header;
            if (header.type() == RecordHeader.Type.DATA) {
                pages.clear().limit(header.pageCount() * Pages.BYTES);
                each.segment.file.read(pages, each.offsetBytes + (long) header.areaBytes());
                log.append(header.firstPage(), pages.flip(), staging, () -> true);
            } else if (header.type() == RecordHeader.Type.ZEROS) {
                log.appendZeros(header.firstPage(), header.pageCount(), staging);
            }
        }
    }
}
