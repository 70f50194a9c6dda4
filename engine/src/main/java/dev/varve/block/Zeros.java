package dev.varve.block;

import java.nio.ByteBuffer;

/** Tells whether bytes are all zero, as fast as the JDK compares buffers. */
public final class Zeros {
    private static final int BLOCK_BYTES = 4096;
    private static final ByteBuffer ZEROS =
            ByteBuffer.allocateDirect(BLOCK_BYTES).asReadOnlyBuffer();

    private Zeros() {}

    /**
     * Whether every byte between position and limit is zero; most content is told apart at its first bytes.
     *
     * @param bytes heap or direct; position and limit stay as they are
     * @return true when all are zero, or there are none
     */
    public static boolean isZero(ByteBuffer bytes) {
        int limit = bytes.limit();
        for (int at = bytes.position(); at < limit; at += BLOCK_BYTES) {
            int length = Math.min(BLOCK_BYTES, limit - at);
            if (bytes.slice(at, length).mismatch(length == BLOCK_BYTES ? ZEROS : ZEROS.slice(0, length)) >= 0) {
                return false;
            }
        }
        return true;
    }
}
