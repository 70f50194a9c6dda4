package dev.varve.volume;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * The headers of a segment's records, in order: from its directory, or found one after the other. What lies between two of
 * them, or before the first, has rotted or never came; {@link LogRecovery} tells which.
 */
final class SegmentScan {
    private final LogSegment segment;
    private final int limitBytes;
    private final CRC32C crc = new CRC32C();
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
    }

    /** Looks at a segment; records that end behind {@code limitBytes} do not count. */
    static SegmentScan of(LogSegment segment, int limitBytes) {
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
    static @Nullable RecordHeader first(LogSegment segment) {
        int limit = Math.min(RecordHeader.MAX_BYTES, segment.file.sizeBytes());
        return new HeaderWindow(segment.file, segment.nonce(), limit).at(0);
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

    private void search() {
        HeaderWindow window = new HeaderWindow(segment.file, segment.nonce(), limitBytes);
        long last = Long.MIN_VALUE;
        for (int at = 0; at + RecordHeader.ALIGNMENT <= limitBytes; ) {
            RecordHeader header = window.at(at);
            if (header == null || header.sequence() <= last || at + header.recordBytes() > limitBytes) {
                at += RecordHeader.ALIGNMENT;
                continue;
            }
            last = header.sequence();
            add(header, window.bytes(at), 0, at);
            at += header.recordBytes();
        }
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
