package dev.varve.volume;

/**
 * What an index says of a page in one word, so that position and checksum are read together.
 *
 * <pre>
 *   63           32   31      30      20 19                 0
 *  +---------------+-------+-----------+---------------------+
 *  | CRC32C        | plain | slot      | offset / 64         |     0 = {@link #NONE}: nothing is known
 *  +---------------+-------+-----------+---------------------+
 *
 *   plain = 1: no page in the log; offset 1 says zeros, 2 damaged, 3 damaged and not recorded so yet
 * </pre>
 *
 * The slot is the segment's place in its volume's table. No page stands at offset 0 of a segment, so no word is 0.
 *
 * <p>Public for the stress test of module {@code bench}.
 */
public final class PageWord {
    /** No word. */
    static final long NONE = 0;

    /** The most segments a log may have. */
    static final int MAX_SLOTS = 1 << 11;

    /** The most bytes a segment may have. */
    static final int MAX_SEGMENT_BYTES = 64 << 20;

    private static final int OFFSET_BITS = 20;
    private static final int OFFSET_MASK = (1 << OFFSET_BITS) - 1;
    private static final long PLAIN = 1L << 31;
    private static final long ZEROS = PLAIN | 1;
    private static final long DAMAGED = PLAIN | 2;
    private static final long LOST = PLAIN | 3;
    private static final long KIND_MASK = PLAIN | OFFSET_MASK;

    private PageWord() {}

    /**
     * The word of a page in the log.
     *
     * @param slot of its segment
     * @param offsetBytes in the segment, a multiple of 64
     * @param crc of the page
     * @return some word
     */
    public static long data(int slot, int offsetBytes, int crc) {
        return (long) crc << 32 | (long) slot << OFFSET_BITS | offsetBytes / RecordHeader.ALIGNMENT;
    }

    static long zeros(int slot) {
        return ZEROS | (long) slot << OFFSET_BITS;
    }

    static long damaged(int slot) {
        return DAMAGED | (long) slot << OFFSET_BITS;
    }

    static long lost(int slot) {
        return LOST | (long) slot << OFFSET_BITS;
    }

    /** Whether a page lies in the log just behind another, of the same record. */
    static boolean isBehind(long word, long before) {
        return (int) word == (int) before + Pages.BYTES / RecordHeader.ALIGNMENT && (word & PLAIN) == 0 && word != NONE;
    }

    static boolean isZeros(long word) {
        return (word & KIND_MASK) == ZEROS;
    }

    static boolean isDamaged(long word) {
        return (word & KIND_MASK) == DAMAGED || isLost(word);
    }

    /** Whether a page is damaged because its record is lost. */
    static boolean isLost(long word) {
        return (word & KIND_MASK) == LOST;
    }

    /**
     * The place of a word's segment.
     *
     * @param word some
     * @return from 0 on
     */
    public static int slot(long word) {
        return (int) (word >>> OFFSET_BITS) & (MAX_SLOTS - 1);
    }

    static int offsetBytes(long word) {
        return ((int) word & OFFSET_MASK) * RecordHeader.ALIGNMENT;
    }

    static int crc(long word) {
        return (int) (word >>> 32);
    }
}
