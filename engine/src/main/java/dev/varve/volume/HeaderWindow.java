package dev.varve.volume;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Headers of records where they stand in a segment, looked up in ascending order. Holds 1 MiB at most. */
final class HeaderWindow {
    private static final Logger LOG = LoggerFactory.getLogger(HeaderWindow.class);
    private static final int WINDOW_BYTES = 1 << 20;
    private static final int SECTOR_BYTES = 4096;

    private final SegmentFile file;
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
    HeaderWindow(SegmentFile file, byte[] nonce, int limitBytes) {
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
    static void readAll(SegmentFile file, ByteBuffer dst, int offset) {
        int first = dst.position();
        int limit = dst.limit();
        try {
            file.read(dst, offset);
        } catch (IOException e) {
            for (int at = first; at < limit; at += SECTOR_BYTES) {
                dst.limit(Math.min(at + SECTOR_BYTES, limit)).position(at);
                try {
                    file.read(dst, offset + (long) (at - first));
                } catch (IOException sector) {
                    LOG.warn("{} can't be read at offset {}", file.describe(), offset + at - first, sector);
                    LiveVolume.zero(dst.position(at), dst.limit() - at);
                }
            }
        }
    }
}
