package dev.varve.volume;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.IntBuffer;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Opens a log that another process, or an earlier handle, has left.
 *
 * <p><b>What counts.</b> Records in the order of their sequence up to the first that is missing or torn. What was durable
 * may not be missing: there a bad record has rotted, its pages are damaged, and what follows counts all the same. Durable
 * is what any header calls so, what the volume's record names a layer of, and all of a segment whose end the record names.
 *
 * <p><b>Behind the last durable mark</b> a record may be in memory of the kernel only, and a loss of power now could take
 * it, but not what is written from now on. So these are written once more, to new segments, and synced before the log is
 * handed out; the record of the volume then ends the old segments at the mark. If this is interrupted, it begins anew.
 *
 * <p>Pages that a lost record was about are recorded as damaged, so that it is known also when the segments are gone.
 */
final class LogRecovery implements LogReplay.Visitor {
    private final String volume;
    private final LogState state;
    private final PageIndex index;
    private final List<LogSegment> opened = new ArrayList<>();
    private final Pages.Scratch scratch = new Pages.Scratch();

    /** Those with records, oldest first. */
    private final List<Found> found = new ArrayList<>();

    private long durable;
    private long newestLayer;
    private @Nullable RecordHeader lastKept;
    private int keptCount;
    private int keptEndBytes;

    /** Records behind the mark, to be written again. */
    private final List<Tail> tail = new ArrayList<>();

    private final List<RecordHeader> lost = new ArrayList<>();

    private record Found(LogSegment segment, SegmentEntry entry) {}

    private record Tail(LogSegment segment, int offsetBytes, RecordHeader header, IntBuffer checksums) {}

    LogRecovery(String volume, LogState state, PageIndex index) {
        this.volume = volume;
        this.state = state;
        this.index = index;
    }

    /** Opens the segments, and fills the log's index. */
    void run(SegmentSpace space, SegmentTable table) throws IOException {
        for (SegmentEntry entry : state.segments()) {
            SegmentFile file = space.open(entry.number(), entry.sizeBytes());
            boolean entered = false;
            try {
                opened.add(table.enter(file, HexFormat.of().parseHex(entry.nonce()), true));
                entered = true;
            } finally {
                if (!entered) {
                    file.close();
                }
            }
        }
        look();
        newestLayer = state.frozen().layer();
        LogReplay replay = new LogReplay(volume, state.start().sequence(), durable, this);
        replay.run(found.stream()
                .map(each -> new LogReplay.Part(each.segment, each.entry.endBytes()))
                .toList());
        replay.end();
        long layer = Math.max(1, state.start().layer());
        for (LogSegment segment : keptInMemory()) {
            if (segment.layer() == 0) {
                segment.beginLayer(layer); // all its records are lost
            }
            layer = segment.layer();
        }
    }

    /** Finds what is durable, and which segments have records. */
    private void look() throws IOException {
        durable = state.frozen().sequence() - 1;
        long last = state.start().sequence() - 1;
        for (int i = 0; i < opened.size(); i++) {
            SegmentEntry entry = state.segments().get(i);
            SegmentScan scan = SegmentScan.of(opened.get(i), entry.endBytes());
            durable = Math.max(durable, scan.durable());
            if (entry.isEnded()) {
                last = scan.count() == 0 ? last : scan.lastSequence();
                last = scan.endBytes() < entry.endBytes() ? last + 1 : last;
                durable = Math.max(durable, last);
            }
            if (entry.isEnded() || scan.count() > 0) {
                found.add(new Found(opened.get(i), entry));
            }
        }
    }

    @Override
    public boolean record(LogSegment segment, SegmentScan scan, int i, RecordHeader header) throws IOException {
        boolean isTail = header.sequence() > durable;
        if (isTail && !isWhole(segment, scan, i, header)) {
            return false;
        }
        LogReplay.put(index, segment, scan, i, header);
        int end = scan.offsetBytes(i) + header.recordBytes();
        if (isTail) {
            tail.add(new Tail(segment, scan.offsetBytes(i), header, checksums(scan, i, header)));
        } else {
            lastKept = header;
            keptEndBytes = end;
            segment.recovered(end, header.layer(), header.sequence());
            segment.synced(header.sequence());
            while (keptCount == 0 || found.get(keptCount - 1).segment != segment) {
                keptCount++;
            }
        }
        newestLayer = Math.max(newestLayer, header.layer());
        return true;
    }

    @Override
    public void lost(LogReplay.Lost record) {
        LogReplay.putLost(index, record);
        RecordHeader header = new RecordHeader(
                record.type(), record.sequence(), 0, newestLayer, record.firstPage(), record.pageCount(), null, 0, 0);
        lost.add(header);
        lastKept = header;
        Found before = keptCount == 0 ? null : found.get(keptCount - 1);
        LogSegment next = record.next();
        if (before != null
                && (before.segment == next || record.nextOffsetBytes() == 0 && isNext(before.segment, next))) {
            keepRoom(before, header);
        }
    }

    /** Whether no segment lies between two, in which the lost record may have been. */
    private boolean isNext(LogSegment before, LogSegment next) {
        return opened.indexOf(next) == opened.indexOf(before) + 1;
    }

    /**
     * A lost record stood at the end of a segment: its place counts, should it be put back. Behind an end that is recorded
     * there is nothing that counts.
     */
    private void keepRoom(Found one, RecordHeader header) {
        LogSegment segment = one.segment;
        int end = segment.endBytes() + header.recordBytes();
        if (end <= Math.min(one.entry.endBytes(), segment.file.sizeBytes() - LogSegment.TRAILER_BYTES)) {
            segment.recovered(end, segment.layer(), header.sequence());
            segment.synced(header.sequence());
            keptEndBytes = end;
        }
    }

    private boolean isWhole(LogSegment segment, SegmentScan scan, int i, RecordHeader header) {
        for (int page = 0; header.type() == RecordHeader.Type.DATA && page < header.pageCount(); page++) {
            int at = LogReplay.pageOffset(scan, i, header, page);
            ByteBuffer bytes = scratch.page.clear();
            try {
                segment.file.read(bytes, at);
            } catch (IOException e) {
                return false; // it was never promised
            }
            bytes.clear();
            if (scratch.checksum(segment.nonce(), at, header.firstPage() + page, bytes) != scan.pageChecksum(i, page)) {
                return false;
            }
        }
        return true;
    }

    private static IntBuffer checksums(SegmentScan scan, int i, RecordHeader header) {
        IntBuffer checksums = IntBuffer.allocate(header.type() == RecordHeader.Type.DATA ? header.pageCount() : 0);
        for (int page = 0; page < checksums.capacity(); page++) {
            checksums.put(page, scan.pageChecksum(i, page));
        }
        return checksums;
    }

    /** The segments that hold what was durable, ending there: what the volume's record is to say. */
    List<SegmentEntry> kept() {
        List<SegmentEntry> kept = new ArrayList<>();
        for (int i = 0; i < keptCount; i++) {
            Found one = found.get(i);
            int end = i == keptCount - 1 ? keptEndBytes : one.segment.endBytes();
            kept.add(one.entry.isEnded() ? one.entry : one.entry.endingAt(end));
        }
        return kept;
    }

    List<LogSegment> keptInMemory() {
        return found.subList(0, keptCount).stream().map(Found::segment).toList();
    }

    /** Those that hold nothing but what came after the mark, or nothing. */
    List<LogSegment> rest() {
        List<LogSegment> rest = new ArrayList<>(opened);
        rest.removeAll(keptInMemory());
        return rest;
    }

    /** The last record that was durable, which may be lost; or null. */
    @Nullable
    RecordHeader lastKept() {
        return lastKept;
    }

    /** Whether the last record that was durable is lost: what it was about stands in the next one only. */
    boolean endsLost() {
        return !lost.isEmpty() && lost.get(lost.size() - 1).equals(lastKept);
    }

    /** The newest layer of which there is anything. */
    long newestLayer() {
        return newestLayer;
    }

    /** Appends to the log, which has new segments by now, what came after the mark, and which pages are lost. */
    void rewriteTail(VolumeLog log, Staging staging) throws IOException {
        ByteBuffer pages = ByteBuffer.allocateDirect(tail.isEmpty() ? 0 : RecordHeader.MAX_DATA_PAGES * Pages.BYTES);
        for (Tail each : tail) {
            RecordHeader header = each.header;
            if (header.type() == RecordHeader.Type.DATA) {
                read(each, pages.clear().limit(header.pageCount() * Pages.BYTES));
                log.append(header.firstPage(), pages.flip(), staging, VolumeLog.ALWAYS);
            } else if (header.type() != RecordHeader.Type.MARK) {
                log.appendAll(header.type(), header.firstPage(), header.pageCount(), staging, VolumeLog.ALWAYS);
            }
        }
        for (RecordHeader header : lost) {
            for (long page = header.firstPage(); page < header.firstPage() + header.pageCount(); page++) {
                if (header.type() == RecordHeader.Type.DATA && PageWord.isLost(index.get(page))) {
                    log.appendAll(RecordHeader.Type.DAMAGED, page, 1, staging, VolumeLog.ALWAYS);
                }
            }
        }
    }

    private void read(Tail record, ByteBuffer pages) throws IOException {
        int start = record.offsetBytes + record.header.areaBytes();
        record.segment.file.read(pages, start);
        for (int i = 0; i < record.checksums.capacity(); i++) {
            long page = record.header.firstPage() + i;
            ByteBuffer bytes = pages.duplicate().clear().position(i << Pages.SHIFT);
            int at = start + (i << Pages.SHIFT);
            if (scratch.checksum(record.segment.nonce(), at, page, bytes) != record.checksums.get(i)) {
                throw LogReader.damaged(volume, record.segment.file.describe(), at, page);
            }
        }
    }
}
