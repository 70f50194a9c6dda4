package dev.varve.volume;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Where a record is put together before it is written. One user at a time. */
final class Staging {
    private static final Logger LOG = LoggerFactory.getLogger(Staging.class);
    private static final int BYTES = RecordHeader.MAX_BYTES + RecordHeader.MAX_DATA_PAGES * Pages.BYTES;

    /** With room for the rest of the record's first page before it, and of its last behind it. */
    private final ByteBuffer whole = ByteBuffer.allocateDirect(Pages.BYTES + BYTES + Pages.BYTES);

    private final ByteBuffer record = whole.slice(Pages.BYTES, BYTES);
    private final ByteBuffer page = ByteBuffer.allocateDirect(Pages.BYTES);
    private final Pages.Scratch scratch = new Pages.Scratch();
    private final CRC32C crc = new CRC32C();

    /** Null until it is needed. */
    private @Nullable ByteBuffer run;

    /** Checksums of the pages that were taken. */
    private final int[] contents = new int[RecordHeader.MAX_DATA_PAGES];

    /**
     * Takes the pages of the next record, which needs no gate.
     *
     * @param pages from its position on, which stays
     */
    void take(ByteBuffer pages, int count) {
        int area = RecordHeader.areaBytes(RecordHeader.Type.DATA, count);
        record.clear();
        for (int i = 0; i < count; i++) {
            int at = area + (i << Pages.SHIFT);
            record.put(at, pages, pages.position() + (i << Pages.SHIFT), Pages.BYTES);
            contents[i] = scratch.content(record.position(at));
        }
    }

    /** A record, with the pages that were taken if it has any, as it stands at the end of a segment. */
    ByteBuffer encode(LogSegment segment, RecordHeader header) {
        int area = header.areaBytes();
        record.clear().limit(header.recordBytes());
        for (int at = 0; at < area; at += Long.BYTES) {
            record.putLong(at, 0);
        }
        for (int i = 0; header.type() == RecordHeader.Type.DATA && i < header.pageCount(); i++) {
            long place = segment.endBytes() + (long) area + (i << Pages.SHIFT);
            int checksum = scratch.checksum(segment.nonce(), place, header.firstPage() + i, contents[i]);
            record.putInt(RecordHeader.checksumAt(i), checksum);
        }
        header.encode(record, segment.nonce(), crc);
        return record;
    }

    /**
     * The record of the last {@link #encode} with all of its first and last page, for the end of a segment: what the segment
     * has before, and zeros behind. Of a page that is written in part and not in memory the system reads the rest first.
     *
     * @return to be written where {@link LogSegment#endBytes}' page begins
     */
    ByteBuffer wholePages(LogSegment segment, RecordHeader header) {
        int before = segment.endBytes() & Pages.MASK;
        int start = Pages.BYTES - before;
        whole.clear();
        segment.putTail(whole.position(start));
        int end = Pages.BYTES + header.recordBytes();
        int limit = start + ((end - start + Pages.MASK) & -Pages.BYTES);
        LiveVolume.zero(whole.position(end), limit - end);
        return whole.limit(limit).position(start);
    }

    /**
     * Has nothing of the last record stand in a segment, durably, after it was not written whole: the next one of its sequence
     * may go to another segment.
     *
     * @return false when it may still stand there
     */
    boolean takeBack(LogSegment segment) {
        int at = segment.endBytes();
        try {
            ByteBuffer found = scratch.page.clear().limit(RecordHeader.ALIGNMENT);
            segment.file.read(found, at);
            if (found.flip().equals(record.slice(0, RecordHeader.ALIGNMENT))) {
                int before = at & Pages.MASK;
                segment.putTail(whole.clear());
                LiveVolume.zero(whole.position(before), Pages.BYTES - before);
                segment.file.write(whole.flip(), at - before);
                segment.file.sync();
            }
            return true;
        } catch (IOException e) {
            LOG.warn("{} may have a part of a record at its end", segment.file.describe(), e);
            return false;
        }
    }

    /** Room for the page that a part is merged into. */
    ByteBuffer merged() {
        return page;
    }

    /** Room for as many pages as a record may have, of another than the one that is put together. */
    ByteBuffer run() {
        ByteBuffer room = run;
        if (room == null) {
            room = ByteBuffer.allocateDirect(RecordHeader.MAX_DATA_PAGES * Pages.BYTES);
            run = room;
        }
        return room.clear();
    }

    /** Shared by all volumes of an engine: 272 KiB each, 528 of those that have trimmed or folded, and as many as write at once, of which a few are kept. */
    static final class Pool {
        private static final int KEPT = 16;

        private final ArrayBlockingQueue<Staging> free = new ArrayBlockingQueue<>(KEPT);

        Staging take() {
            Staging staging = free.poll();
            return staging == null ? new Staging() : staging;
        }

        void give(Staging staging) {
            free.offer(staging);
        }
    }
}
