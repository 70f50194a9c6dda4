package dev.varve.volume;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The headers of a segment's records, in order: from its directory, or found one after the other. What lies between two of
 * them, or before the first, has rotted or never came; {@link LogRecovery} tells which.
 */
final class SegmentScan {
    private static final Logger LOG = LoggerFactory.getLogger(SegmentScan.class);
    private static final int WINDOW_BYTES = 1 << 20;
    private static final int SECTOR_BYTES = 4096;

    private final LogSegment segment;
    private final int limitBytes;
    private final CRC32C crc = new CRC32C();
    private final ByteBuffer window = ByteBuffer.allocate(WINDOW_BYTES);
    private int windowStart;
    private byte[] areas = new byte[4096];
    private int areaBytes;
    private int[] areaStarts = new int[64];
    private int[] offsets = new int[64];
    private int count;
    private int endBytes;
    private long lastSequence;
    private long durable;

    private SegmentScan(LogSegment segment, int limitBytes) {
        this.segment = segment;
        this.limitBytes = limitBytes;
        window.limit(0);
    }

    /** Looks at a segment; records that end behind {@code limitBytes} do not count. */
    static SegmentScan of(LogSegment segment, int limitBytes) throws IOException {
        SegmentScan scan = new SegmentScan(segment, limitBytes);
        byte[] headers = segment.headers();
        headers = headers != null && headers.length > 0 ? headers : segment.readDirectory();
        if (headers == null || !scan.addAll(headers)) {
            scan = new SegmentScan(segment, limitBytes);
            scan.search();
        }
        return scan;
    }

    /** The first record's header where it was written; null when it is not there. */
    static @Nullable RecordHeader first(LogSegment segment) throws IOException {
        return new SegmentScan(segment, segment.file.sizeBytes()).headerAt(0);
    }

    int count() {
        return count;
    }

    /** Where the last record ends. */
    int endBytes() {
        return endBytes;
    }

    /** The last record's; 0 without one. */
    long lastSequence() {
        return lastSequence;
    }

    /** The highest sequence that a header calls durable. */
    long durable() {
        return durable;
    }

    /** Where a record starts. */
    int offsetBytes(int i) {
        return offsets[i];
    }

    RecordHeader header(int i) {
        return RecordHeader.read(ByteBuffer.wrap(areas, 0, areaBytes), areaStarts[i]);
    }

    /** The checksum that a record has for one of its pages. */
    int pageChecksum(int i, int page) {
        return ByteBuffer.wrap(areas).getInt(areaStarts[i] + RecordHeader.checksumAt(page));
    }

    /** Takes headers that lie one after the other, as their records do. */
    private boolean addAll(byte[] headers) {
        ByteBuffer bytes = ByteBuffer.wrap(headers);
        int offset = 0;
        for (int at = 0; at < headers.length; ) {
            RecordHeader header = decode(bytes, at);
            if (header == null) {
                return false;
            }
            if (offset + header.recordBytes() > limitBytes) {
                return true;
            }
            add(header, bytes, at, offset);
            offset += header.recordBytes();
            at += header.areaBytes();
        }
        return true;
    }

    private void search() throws IOException {
        long last = Long.MIN_VALUE;
        for (int at = 0; at + RecordHeader.ALIGNMENT <= limitBytes; ) {
            RecordHeader header = headerAt(at);
            if (header == null || header.sequence() <= last || at + header.recordBytes() > limitBytes) {
                at += RecordHeader.ALIGNMENT;
                continue;
            }
            last = header.sequence();
            add(header, window, at - windowStart, at);
            at += header.recordBytes();
        }
    }

    private @Nullable RecordHeader headerAt(int offset) throws IOException {
        int needed = Math.min(offset + RecordHeader.MAX_BYTES, limitBytes);
        if (offset < windowStart || needed > windowStart + window.limit()) {
            windowStart = offset;
            window.clear().limit(Math.min(WINDOW_BYTES, limitBytes - offset));
            fill(offset);
        }
        return decode(window, offset - windowStart);
    }

    /** Reads a window; what can't be read is as good as zeros. */
    private void fill(int offset) {
        try {
            segment.file.read(window, offset);
        } catch (IOException e) {
            int length = window.limit();
            for (int at = 0; at < length; at += SECTOR_BYTES) {
                window.limit(Math.min(at + SECTOR_BYTES, length)).position(at);
                try {
                    segment.file.read(window, offset + (long) at);
                } catch (IOException sector) {
                    LOG.warn("{} can't be read at offset {}", segment.file.describe(), offset + at, sector);
                    LiveVolume.zero(window.position(at), window.limit() - at);
                }
            }
        }
        window.flip();
    }

    private @Nullable RecordHeader decode(ByteBuffer bytes, int at) {
        return RecordHeader.decode(bytes, at, segment.nonce(), crc);
    }

    private void add(RecordHeader header, ByteBuffer bytes, int at, int offset) {
        int length = header.areaBytes();
        if (count == offsets.length) {
            offsets = Arrays.copyOf(offsets, 2 * count);
            areaStarts = Arrays.copyOf(areaStarts, 2 * count);
        }
        if (areaBytes + length > areas.length) {
            areas = Arrays.copyOf(areas, 2 * areas.length + length);
        }
        bytes.get(at, areas, areaBytes, length);
        offsets[count] = offset;
        areaStarts[count] = areaBytes;
        areaBytes += length;
        count++;
        endBytes = offset + header.recordBytes();
        lastSequence = header.sequence();
        durable = Math.max(durable, header.durable());
    }
}
