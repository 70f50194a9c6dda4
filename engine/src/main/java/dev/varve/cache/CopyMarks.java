package dev.varve.cache;

import java.nio.ByteBuffer;

/**
 * Marks by which a copy out of a mapping finds out at once that it met a page that can't be read.
 *
 * <p>The JVM ends such a copy early, and throws its {@link InternalError} when the thread next enters its runtime (JDK 17)
 * or polls for a safepoint (later ones): in compiled code that is after the caller has taken the bytes for good.
 * So each page's part of the destination is marked before, with 8 bytes where it has as many. A page that can't be read
 * leaves its mark as it is, and so does one that was not reached. Where a mark is found the error is provoked, and the
 * bytes are read again from the file: content may happen to look like a mark.
 */
final class CopyMarks {
    /** What stands in the destination until it is overwritten. */
    static final long MARK = 0x9D5B_C1A7_63F2_8E4BL;

    private static final int PAGE_BYTES = 4096; // or more: then a page has several marks

    private CopyMarks() {}

    static void put(ByteBuffer dst, int dstIndex, int offsetBytes, int lengthBytes) {
        if (isOneMark(offsetBytes, lengthBytes)) {
            dst.putLong(dstIndex, MARK);
        } else {
            putEach(dst, dstIndex, offsetBytes, lengthBytes);
        }
    }

    static boolean anyLeft(ByteBuffer dst, int dstIndex, int offsetBytes, int lengthBytes) {
        return isOneMark(offsetBytes, lengthBytes)
                ? dst.getLong(dstIndex) == MARK
                : anyLeftOfEach(dst, dstIndex, offsetBytes, lengthBytes);
    }

    /** What most reads are; it is worth a tenth of such a read to keep the loops out of its code. */
    private static boolean isOneMark(int offsetBytes, int lengthBytes) {
        return lengthBytes >= Long.BYTES && (offsetBytes & (PAGE_BYTES - 1)) + lengthBytes <= PAGE_BYTES;
    }

    private static void putEach(ByteBuffer dst, int dstIndex, int offsetBytes, int lengthBytes) {
        int end = dstIndex + lengthBytes;
        int next = dstIndex + PAGE_BYTES - (offsetBytes & (PAGE_BYTES - 1));
        for (int at = dstIndex; at < end; at = next, next += PAGE_BYTES) {
            if (Math.min(next, end) - at >= Long.BYTES) {
                dst.putLong(at, MARK);
            } else {
                dst.put(at, (byte) MARK);
            }
        }
    }

    private static boolean anyLeftOfEach(ByteBuffer dst, int dstIndex, int offsetBytes, int lengthBytes) {
        int end = dstIndex + lengthBytes;
        int next = dstIndex + PAGE_BYTES - (offsetBytes & (PAGE_BYTES - 1));
        for (int at = dstIndex; at < end; at = next, next += PAGE_BYTES) {
            boolean left =
                    Math.min(next, end) - at >= Long.BYTES ? dst.getLong(at) == MARK : dst.get(at) == (byte) MARK;
            if (left) {
                return true;
            }
        }
        return false;
    }

    /**
     * Lets an error that is pending in this thread be thrown here, and returns when there is none. The JVM throws it on
     * leaving a call into its runtime that allocates; on JDK 17 returning from a native method will not do. Arrays of
     * arrays of arrays are allocated by such a call, unless they are so few that a compiler unfolds it.
     *
     * @return nothing of interest
     */
    static Object throwPending() {
        return new byte[4][4][4];
    }
}
