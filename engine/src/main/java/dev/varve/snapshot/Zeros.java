package dev.varve.snapshot;

import java.nio.ByteBuffer;

/** A page of zeros, to compare with. */
final class Zeros {
    private static final int PAGE_BYTES = 4096;
    private static final ByteBuffer PAGE = ByteBuffer.allocateDirect(PAGE_BYTES).asReadOnlyBuffer();

    private Zeros() {}

    /** Whether all bytes between position and limit are zero; the JDK compares many at once. */
    static boolean isZero(ByteBuffer bytes) {
        for (int at = bytes.position(); at < bytes.limit(); at += PAGE_BYTES) {
            int length = Math.min(PAGE_BYTES, bytes.limit() - at);
            if (bytes.slice(at, length).mismatch(PAGE.slice(0, length)) >= 0) {
                return false;
            }
        }
        return true;
    }
}
