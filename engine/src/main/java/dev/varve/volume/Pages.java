package dev.varve.volume;

import java.nio.ByteBuffer;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.zip.CRC32C;

/** The grain of a volume: a page of 4 KiB. */
final class Pages {
    static final int SHIFT = 12;
    static final int BYTES = 1 << SHIFT;
    static final int MASK = BYTES - 1;

    /** The most pages that are read together. */
    static final int RUN_PAGES = 64;

    /** With it the checksum of what stands in front of a page becomes a part of the checksum of both. */
    private static final CrcShift BEHIND = CrcShift.bytes(SHIFT);

    private Pages() {}

    /** Where a page may be copied to, and what checks it. One user at a time. */
    static final class Scratch {
        private static final int SEED_BYTES = 32;

        /** Room for a page. */
        final ByteBuffer page = ByteBuffer.allocateDirect(BYTES);

        /** Room for the words of pages that are read together. */
        final long[] words = new long[RUN_PAGES];

        private final ByteBuffer seed = ByteBuffer.allocateDirect(SEED_BYTES);
        private final CRC32C crc = new CRC32C();

        /**
         * The checksum of a page in a segment.
         *
         * @param offsetBytes where the page stands in the segment
         * @param bytes holds it from its position on; nothing of it is changed
         */
        int checksum(byte[] nonce, long offsetBytes, long page, ByteBuffer bytes) {
            return checksum(nonce, offsetBytes, page, content(bytes));
        }

        /**
         * The same of a page whose content's checksum is known.
         *
         * @param content its {@link #content}
         */
        int checksum(byte[] nonce, long offsetBytes, long page, int content) {
            seed.clear();
            seed.put(nonce).putLong(offsetBytes).putLong(page).flip();
            crc.reset();
            crc.update(seed);
            return BEHIND.apply((int) crc.getValue()) ^ content;
        }

        /**
         * The CRC32C of a page's content, wherever it is going to stand.
         *
         * @param bytes holds it from its position on; nothing of it is changed
         */
        int content(ByteBuffer bytes) {
            crc.reset();
            int start = bytes.position();
            int limit = bytes.limit();
            bytes.limit(start + BYTES);
            crc.update(bytes);
            bytes.limit(limit).position(start);
            return (int) crc.getValue();
        }
    }

    /** Scratch for all who read; more than fits is made anew, and dropped. */
    static final class ScratchPool {
        private static final int KEPT = 64;

        private final ArrayBlockingQueue<Scratch> free = new ArrayBlockingQueue<>(KEPT);

        Scratch take() {
            Scratch scratch = free.poll();
            return scratch == null ? new Scratch() : scratch;
        }

        void give(Scratch scratch) {
            free.offer(scratch);
        }
    }
}
