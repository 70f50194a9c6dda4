package dev.varve.file;

import java.io.IOException;
import java.nio.ByteBuffer;

/** Reads past what can't be read, as much as a disk loses at once. */
public final class SectorReads {
    private static final int SECTOR_BYTES = 4096;

    private SectorReads() {}

    /** What is read. */
    public interface Bytes {
        /**
         * Reads at a place.
         *
         * @param dst is filled as far as there are bytes
         * @param offsetBytes where to start
         * @throws IOException when some of them can't be read
         */
        void read(ByteBuffer dst, long offsetBytes) throws IOException;
    }

    /** Is told what can't be read. */
    public interface Unread {
        /**
         * A sector, or a part of one.
         *
         * @param offsetBytes where it starts
         * @param lengthBytes how much of it was asked for
         * @param why what came of it
         */
        void unread(long offsetBytes, int lengthBytes, IOException why);
    }

    /**
     * Fills a buffer. What can't be read, and what is not there, is zeros.
     *
     * @param from what is read: at once, and sector by sector if that fails
     * @param dst its position moves to its limit
     * @param offsetBytes where to start
     * @param unread is told
     */
    public static void read(Bytes from, ByteBuffer dst, long offsetBytes, Unread unread) {
        int start = dst.position();
        try {
            from.read(dst, offsetBytes);
            dst.put(new byte[dst.remaining()]);
            return;
        } catch (IOException e) {
            dst.position(start);
        }
        while (dst.hasRemaining()) {
            long at = offsetBytes + dst.position() - start;
            int length = (int) Math.min(dst.remaining(), SECTOR_BYTES - at % SECTOR_BYTES);
            ByteBuffer sector = dst.slice(dst.position(), length);
            try {
                from.read(sector, at);
            } catch (IOException e) {
                sector.clear();
                unread.unread(at, length, e);
            }
            sector.put(new byte[sector.remaining()]);
            dst.position(dst.position() + length);
        }
    }
}
