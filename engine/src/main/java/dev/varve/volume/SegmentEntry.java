package dev.varve.volume;

import java.util.HexFormat;

/**
 * A segment as its volume's record names it: what is not named there is not part of the log.
 *
 * @param number of the segment
 * @param sizeBytes its length
 * @param nonce of its life, 32 hexadecimal digits
 * @param endBytes what lies from here on does not count, whatever it looks like; the length while it may be appended to
 */
record SegmentEntry(long number, int sizeBytes, String nonce, int endBytes) {
    /** A segment that is appended to. */
    static SegmentEntry of(LogSegment segment) {
        SegmentFile file = segment.file;
        return new SegmentEntry(
                file.number(), file.sizeBytes(), HexFormat.of().formatHex(segment.nonce()), file.sizeBytes());
    }

    /** Whether nothing is appended to it any more: all up to its end is durable. */
    boolean isEnded() {
        return endBytes < sizeBytes;
    }

    SegmentEntry endingAt(int newEndBytes) {
        return new SegmentEntry(number, sizeBytes, nonce, newEndBytes);
    }
}
