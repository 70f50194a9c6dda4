package dev.varve.volume;

import java.nio.ByteBuffer;
import java.util.Objects;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * The header of a record in a volume's log. A record is a header, padded to 64 bytes, and then, for data, its pages.
 * Little is repeated, and that for a reason: a header that rotted is told from the end of the log by the records behind
 * it, and what it said about pages stands in the next one.
 *
 * <pre>
 *  0  4  magic "VREC", big-endian as all
 *  4  4  CRC32C of the segment's nonce and of bytes 8 to the end of the header area
 *  8  8  sequence: one more than the record before
 * 16  8  highest sequence known to be durable when this was written
 * 24  8  first page, of 4 KiB
 * 32  4  page count
 * 36  1  type: 1 data, 2 zeros, 3 mark, of no page, 4 damaged
 * 37  1  the previous record's type, 0 for none
 * 38  2  zero
 * 40  8  layer
 * 48  8  the previous record's first page
 * 56  4  the previous record's page count
 * 60  4 each  of data: CRC32C of nonce, the page's offset in the segment, its number, and its bytes
 * </pre>
 */
record RecordHeader(
        Type type,
        long sequence,
        long durable,
        long layer,
        long firstPage,
        int pageCount,
        @Nullable Type previousType,
        long previousFirstPage,
        int previousPageCount) {
    /** Records start at multiples of this, and so do their pages. */
    static final int ALIGNMENT = 64;

    /** Bytes of a header without a page. */
    static final int FIXED_BYTES = 60;

    static final int MAGIC = 0x56524543;

    /** The most pages of a data record: 256 KiB. */
    static final int MAX_DATA_PAGES = 64;

    /** The most pages of a volume: 16 TiB. */
    private static final long MAX_PAGES = 1L << 32;

    /** The longest header area. */
    static final int MAX_BYTES = areaBytes(Type.DATA, MAX_DATA_PAGES);

    private static final int CRC_AT = 4;
    private static final int CHECKED_FROM = 8;

    /** What a record says of its pages. */
    enum Type {
        /** They follow. */
        DATA(1),
        /** They are zeros from here on. */
        ZEROS(2),
        /** It has none: it carries what is durable. */
        MARK(3),
        /** Their content is lost: to read one is an error until it is written. */
        DAMAGED(4);

        private static final Type[] ALL = values();

        private final int code;

        Type(int code) {
            this.code = code;
        }

        static @Nullable Type of(int code) {
            for (Type type : ALL) {
                if (type.code == code) {
                    return type;
                }
            }
            return null;
        }
    }

    private static int code(@Nullable Type type) {
        return type == null ? 0 : type.code;
    }

    /** Bytes of the header area of such a record. */
    static int areaBytes(Type type, int pageCount) {
        int bytes = FIXED_BYTES + (type == Type.DATA ? Integer.BYTES * pageCount : 0);
        return (bytes + ALIGNMENT - 1) & -ALIGNMENT;
    }

    int areaBytes() {
        return areaBytes(type, pageCount);
    }

    /** Bytes of such a record. */
    static int recordBytes(Type type, int pageCount) {
        return areaBytes(type, pageCount) + (type == Type.DATA ? pageCount * Pages.BYTES : 0);
    }

    int recordBytes() {
        return recordBytes(type, pageCount);
    }

    /** Where a page's checksum stands in the header area. */
    static int checksumAt(int i) {
        return FIXED_BYTES + Integer.BYTES * i;
    }

    /**
     * Puts the header at the start of a buffer that holds its pages' checksums already.
     *
     * @param area from position 0, {@link #areaBytes} long, zeros but for the checksums
     */
    void encode(ByteBuffer area, byte[] nonce, CRC32C crc) {
        area.putInt(0, MAGIC)
                .putLong(8, sequence)
                .putLong(16, durable)
                .putLong(24, firstPage)
                .putInt(32, pageCount)
                .put(36, (byte) code(type))
                .put(37, (byte) code(previousType))
                .putShort(38, (short) 0)
                .putLong(40, layer)
                .putLong(48, previousFirstPage)
                .putInt(56, previousPageCount);
        area.putInt(CRC_AT, checksum(area, areaBytes(), nonce, crc));
    }

    /**
     * Reads a header.
     *
     * @param area holds it from index {@code at} on
     * @return null when there is none: another magic, a checksum that differs, or less than a whole one
     */
    static @Nullable RecordHeader decode(ByteBuffer area, int at, byte[] nonce, CRC32C crc) {
        if (area.limit() - at < ALIGNMENT || area.getInt(at) != MAGIC) {
            return null;
        }
        Type type = Type.of(area.get(at + 36));
        int pageCount = area.getInt(at + 32);
        long firstPage = area.getLong(at + 24);
        if (type == null
                || pageCount < 0
                || firstPage < 0
                || firstPage + pageCount > MAX_PAGES
                || type == Type.DATA && (pageCount == 0 || pageCount > MAX_DATA_PAGES)) {
            return null;
        }
        int bytes = areaBytes(type, pageCount);
        if (area.limit() - at < bytes) {
            return null;
        }
        ByteBuffer own = area.slice(at, bytes);
        return own.getInt(CRC_AT) == checksum(own, bytes, nonce, crc) ? read(own, 0) : null;
    }

    /** Reads a header that was checked before. */
    static RecordHeader read(ByteBuffer area, int at) {
        return new RecordHeader(
                Objects.requireNonNull(Type.of(area.get(at + 36))),
                area.getLong(at + 8),
                area.getLong(at + 16),
                area.getLong(at + 40),
                area.getLong(at + 24),
                area.getInt(at + 32),
                Type.of(area.get(at + 37)),
                area.getLong(at + 48),
                area.getInt(at + 56));
    }

    private static int checksum(ByteBuffer area, int bytes, byte[] nonce, CRC32C crc) {
        crc.reset();
        crc.update(nonce);
        crc.update(area.duplicate().limit(bytes).position(CHECKED_FROM));
        return (int) crc.getValue();
    }
}
