package dev.varve.volume;

import java.nio.ByteBuffer;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/** Where a record is put together before it is written. One user at a time. */
final class Staging {
    private static final int BYTES = RecordHeader.MAX_BYTES + RecordHeader.MAX_DATA_PAGES * Pages.BYTES;

    private final ByteBuffer record = ByteBuffer.allocateDirect(BYTES);
    private final ByteBuffer page = ByteBuffer.allocateDirect(Pages.BYTES);
    private final Pages.Scratch scratch = new Pages.Scratch();
    private final CRC32C crc = new CRC32C();

    /**
     * A record as it stands at the end of a segment.
     *
     * @param pages of a record of data, from its position on, which stays
     */
    ByteBuffer encode(LogSegment segment, RecordHeader header, @Nullable ByteBuffer pages) {
        int area = header.areaBytes();
        record.clear().limit(header.recordBytes());
        for (int at = 0; at < area; at += Long.BYTES) {
            record.putLong(at, 0);
        }
        for (int i = 0; pages != null && i < header.pageCount(); i++) {
            int at = area + (i << Pages.SHIFT);
            record.put(at, pages, pages.position() + (i << Pages.SHIFT), Pages.BYTES);
            long place = segment.endBytes() + (long) at;
            record.position(at);
            record.putInt(
                    RecordHeader.checksumAt(i),
                    scratch.checksum(segment.nonce(), place, header.firstPage() + i, record));
        }
        record.position(0);
        header.encode(record, segment.nonce(), crc);
        return record;
    }

    /** Room for the page that a part is merged into. */
    ByteBuffer merged() {
        return page;
    }

    /** Shared by all volumes of an engine: 260 KiB each, and as many as write at once, of which a few are kept. */
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
