package dev.varve.volume;

import java.nio.ByteBuffer;
import java.util.concurrent.ArrayBlockingQueue;

/** Where a record is put together before it is written. One user at a time. */
final class Staging {
    private static final int BYTES = RecordHeader.MAX_BYTES + RecordHeader.MAX_DATA_PAGES * Pages.BYTES;

    private final ByteBuffer record = ByteBuffer.allocateDirect(BYTES);
    private final ByteBuffer page = ByteBuffer.allocateDirect(Pages.BYTES);
    private final Pages.Scratch scratch = new Pages.Scratch();

    /** Room for so many bytes, from position 0 to the limit. */
    ByteBuffer clear(int bytes) {
        return record.clear().limit(bytes);
    }

    /** Room for the page that a part is merged into. */
    ByteBuffer merged() {
        return page;
    }

    Pages.Scratch scratch() {
        return scratch;
    }

    /** Shared by all volumes of an engine: 260 KiB each, and as many as write at once, of which a few are kept. */
    static final class Pool {
        private static final int KEPT = 16;

        private final ArrayBlockingQueue<Staging> free = new ArrayBlockingQueue<>(KEPT);

        Staging take() {
            Staging staging = free.poll();
            return staging == null ? new Staging() : staging;
        }

        void give(Staging staging) {
            free.offer(staging);
        }
    }
}
