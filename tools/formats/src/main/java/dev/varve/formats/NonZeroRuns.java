package dev.varve.formats;

import dev.varve.block.BlockDevice;
import java.io.IOException;
import java.nio.ByteBuffer;

/** Leaves zero pages out of what is written to a device that is all zeros: the file stays as sparse as can be. */
final class NonZeroRuns {
    /** The block of the usual file systems: what they can leave out. */
    private static final int PAGE_BYTES = 4096;

    private static final ByteBuffer ZEROS = ByteBuffer.allocate(PAGE_BYTES).asReadOnlyBuffer();

    private NonZeroRuns() {}

    /**
     * Writes the runs of pages that are not all zeros.
     *
     * @param data from position 0 to its limit
     * @param offsetBytes where its first byte belongs; runs break at pages of the device
     */
    static void write(ByteBuffer data, long offsetBytes, BlockDevice target) throws IOException {
        int end = data.limit();
        int runStart = -1;
        int pageEnd;
        for (int page = 0; page < end; page = pageEnd) {
            pageEnd = (int) Math.min(end, page + PAGE_BYTES - (offsetBytes + page) % PAGE_BYTES);
            boolean zero = isZero(data, page, pageEnd);
            if (zero && runStart >= 0) {
                target.write(data.slice(runStart, page - runStart), offsetBytes + runStart);
                runStart = -1;
            } else if (!zero && runStart < 0) {
                runStart = page;
            }
        }
        if (runStart >= 0) {
            target.write(data.slice(runStart, end - runStart), offsetBytes + runStart);
        }
    }

    private static boolean isZero(ByteBuffer data, int start, int end) {
        return data.slice(start, end - start).mismatch(ZEROS.slice(0, end - start)) < 0;
    }
}
