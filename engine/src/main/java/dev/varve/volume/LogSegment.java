package dev.varve.volume;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * A segment of one volume's log, for one life of it: between two lives its nonce changes, which is in every checksum, so
 * that nothing of an earlier life, or of another volume, is ever taken for this one's.
 *
 * <pre>
 *  records ... | unused ... | directory | trailer, 64 bytes at the end
 *
 *  directory  the header areas of all records, one after the other
 *  trailer    0  4  magic "VDIR"
 *             4  4  CRC32C of the nonce, bytes 8 to 15 and the directory
 *             8  4  where the directory starts
 *            12  4  its length
 * </pre>
 *
 * The directory is written when nothing is appended any more, and makes opening a long log quick. It is never needed.
 */
final class LogSegment {
    static final int TRAILER_BYTES = 64;
    static final int NONCE_BYTES = 16;

    private static final int MAGIC = 0x56444952;
    private static final int USED_TRAILER_BYTES = 16;

    final SegmentFile file;
    final int slot;
    private final byte[] nonce;

    /** Guarded by the log's gate, as all below while anything is appended. */
    private int endBytes;

    /** What stands before the end in its page; null where nothing is appended. */
    private byte @Nullable [] tail;

    private long layer;
    private long lastSequence;
    private long syncedSequence;

    /** The headers of all records; null once they are written, or when they were not kept. */
    private byte @Nullable [] directory = {};

    private int directoryBytes;

    LogSegment(SegmentFile file, int slot, byte[] nonce) {
        this.file = file;
        this.slot = slot;
        this.nonce = nonce;
    }

    static Set<Long> numbers(List<LogSegment> segments) {
        return segments.stream().map(segment -> segment.file.number()).collect(Collectors.toSet());
    }

    byte[] nonce() {
        return nonce;
    }

    int endBytes() {
        return endBytes;
    }

    long layer() {
        return layer;
    }

    void beginLayer(long number) {
        layer = number;
    }

    /** Whether a record fits, and its header once more in the directory. */
    boolean hasRoom(int areaBytes, int recordBytes) {
        return directory != null
                && endBytes + recordBytes + directoryBytes + areaBytes + TRAILER_BYTES <= file.sizeBytes();
    }

    /** Puts what stands before the end in its page. */
    void putTail(ByteBuffer dst) {
        int length = endBytes & Pages.MASK;
        if (length > 0) {
            dst.put(Objects.requireNonNull(tail, "nothing is appended to it any more"), 0, length);
        }
    }

    private void keepTail(ByteBuffer record, int length) {
        byte[] kept = tail == null ? new byte[Pages.BYTES] : tail;
        int rest = (endBytes + length) & Pages.MASK;
        int own = Math.min(rest, length);
        record.get(length - own, kept, rest - own, own);
        tail = kept;
    }

    /**
     * Notes a record that was written at the end.
     *
     * @param record holds it from index 0 on
     */
    void appended(RecordHeader header, ByteBuffer record) {
        keepTail(record, header.recordBytes());
        byte[] headers = directory;
        if (headers != null) {
            int length = header.areaBytes();
            if (directoryBytes + length > headers.length) {
                headers = Arrays.copyOf(headers, 2 * headers.length + length);
                directory = headers;
            }
            record.get(0, headers, directoryBytes, length);
            directoryBytes += length;
        }
        recovered(endBytes + header.recordBytes(), header.layer(), header.sequence());
    }

    /** Notes how far it goes. */
    void recovered(int newEndBytes, long newLayer, long newLastSequence) {
        endBytes = newEndBytes;
        layer = newLayer;
        lastSequence = newLastSequence;
    }

    long lastSequence() {
        return lastSequence;
    }

    boolean isDirty() {
        return lastSequence > syncedSequence;
    }

    void synced(long upTo) {
        syncedSequence = Math.max(syncedSequence, upTo);
    }

    /** The headers of all records; null when they were not kept. */
    byte @Nullable [] headers() {
        byte[] headers = directory;
        return headers == null ? null : Arrays.copyOf(headers, directoryBytes);
    }

    /** Takes the headers that are to be written as the directory; nothing is appended afterwards. */
    byte @Nullable [] seal() {
        byte[] headers = headers();
        directory = null;
        tail = null;
        return headers;
    }

    /** Writes the directory; no sync is needed. */
    void writeDirectory(byte[] headers) throws IOException {
        int start = file.sizeBytes() - TRAILER_BYTES - headers.length;
        ByteBuffer out = ByteBuffer.allocate(headers.length + TRAILER_BYTES).put(headers);
        ByteBuffer trailer = out.slice();
        trailer.putInt(0, MAGIC).putInt(8, start).putInt(12, headers.length);
        trailer.putInt(4, checksum(nonce, trailer, headers));
        file.write(out.clear(), start);
    }

    /** The headers of all records as the directory has them; null when there is no whole one. */
    byte @Nullable [] readDirectory() {
        return readDirectory(file, nonce);
    }

    /** The same of a segment that is only read. */
    static byte @Nullable [] readDirectory(SegmentBytes file, byte[] nonce) {
        try {
            return directory(file, nonce);
        } catch (IOException e) {
            return null; // the records say the same
        }
    }

    private static byte @Nullable [] directory(SegmentBytes file, byte[] nonce) throws IOException {
        ByteBuffer trailer = ByteBuffer.allocate(USED_TRAILER_BYTES);
        file.read(trailer, file.sizeBytes() - TRAILER_BYTES);
        int start = trailer.getInt(8);
        int length = trailer.getInt(12);
        if (trailer.getInt(0) != MAGIC
                || start < 0
                || length < 0
                || start + (long) length != file.sizeBytes() - TRAILER_BYTES) {
            return null;
        }
        ByteBuffer headers = ByteBuffer.allocate(length);
        file.read(headers, start);
        return trailer.getInt(4) == checksum(nonce, trailer, headers.array()) ? headers.array() : null;
    }

    private static int checksum(byte[] nonce, ByteBuffer trailer, byte[] headers) {
        CRC32C crc = new CRC32C();
        crc.update(nonce);
        crc.update(trailer.slice(8, 8));
        crc.update(headers);
        return (int) crc.getValue();
    }
}
