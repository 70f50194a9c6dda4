package dev.varve.volume;

import dev.varve.file.SectorReads;
import java.nio.ByteBuffer;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Headers of records where they stand in a segment, looked up in ascending order. Holds 1 MiB at most. */
final class HeaderWindow {
    private static final Logger LOG = LoggerFactory.getLogger(HeaderWindow.class);
    private static final int WINDOW_BYTES = 1 << 20;

    private final SegmentBytes file;
    private final byte[] nonce;
    private final int limitBytes;
    private final ByteBuffer window;
    private final CRC32C crc = new CRC32C();
    private int start;

    /**
     * The headers of a segment.
     *
     * @param limitBytes what lies from here on is not read
     */
    HeaderWindow(SegmentBytes file, byte[] nonce, int limitBytes) {
        this.file = file;
        this.nonce = nonce;
        this.limitBytes = limitBytes;
        window = ByteBuffer.allocate(Math.min(WINDOW_BYTES, limitBytes)).limit(0);
    }

    /** The header at a place; null when there is none. */
    @Nullable
    RecordHeader at(int offset) {
        int needed = Math.min(offset + RecordHeader.MAX_BYTES, limitBytes);
        if (offset < start || needed > start + window.limit()) {
            start = offset;
            readAll(file, window.clear().limit(Math.min(window.capacity(), limitBytes - offset)), offset);
            window.flip();
        }
        return RecordHeader.decode(window, offset - start, nonce, crc);
    }

    /** The bytes of the header that was looked up last, from its place on. */
    ByteBuffer bytes(int offset) {
        return window.slice(offset - start, window.limit() - (offset - start));
    }

    /** Fills {@code dst}; what can't be read is as good as zeros. */
    static void readAll(SegmentBytes file, ByteBuffer dst, int offset) {
        SectorReads.read(
                file::read,
                dst,
                offset,
                (at, length, why) -> LOG.warn("{} can't be read at offset {}", file.describe(), at, why));
    }
}
