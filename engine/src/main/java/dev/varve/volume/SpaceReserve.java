package dev.varve.volume;

import java.io.IOException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/**
 * Room on the disk that writers of volumes do not take: what the folds of their logs will need, so that who writes is told
 * that the disk is full, and not the fold; and a floor, so that snapshots can be finished and things deleted. Used from any
 * thread.
 */
final class SpaceReserve {
    /** What is left free. */
    static final long FLOOR_BYTES = 64L << 20;

    /** What may be promised before the disk is asked again. */
    private static final long STEP_BYTES = 16L << 20;

    private static final String FULL = "No space left on device"; // as the system says it

    private final LongSupplier usableBytes;
    private final AtomicLong promised = new AtomicLong();

    /** Up to here no promise needs to ask the disk. */
    private volatile long allowed;

    /**
     * A reserve on a disk.
     *
     * @param usableBytes tells what is free on it
     */
    SpaceReserve(LongSupplier usableBytes) {
        this.usableBytes = usableBytes;
    }

    /** One where there is always room. */
    static SpaceReserve unlimited() {
        return new SpaceReserve(() -> Long.MAX_VALUE / 2);
    }

    /**
     * Asks for room for a file that is made now.
     *
     * @throws IOException when it would take what is promised, or the floor
     */
    void require(long bytes) throws IOException {
        long free = usableBytes.getAsLong() - promised.get() - FLOOR_BYTES;
        if (bytes > free) {
            throw full(bytes, free);
        }
        allowed = 0;
    }

    /** Whether there was no room for a write. */
    static boolean isFull(IOException e) {
        return String.valueOf(e.getMessage()).contains(FULL);
    }

    private static IOException full(long bytes, long free) {
        return new IOException(FULL + ": " + bytes + " bytes are needed for what is written, and "
                + Math.max(0, free) + " are free beside what is kept for snapshots; free some, or delete volumes or"
                + " snapshots");
    }

    /** What the fold of one log will need. */
    final class Share {
        private final PageIndex index;
        private final int groupsPerBlock;
        private final AtomicLong bytes = new AtomicLong();

        private Share(PageIndex index, int chunkSizeBytes) {
            this.index = index;
            this.groupsPerBlock = Math.max(1, chunkSizeBytes / PageIndex.GROUP_BYTES);
        }

        /**
         * Promises room for the blocks that a record is the first to touch; of zeros only those at the ends may be in part.
         *
         * @throws IOException when there is none: nothing is promised
         */
        void add(RecordHeader header) throws IOException {
            long first = header.firstPage();
            long end = first + header.pageCount();
            int blocks = switch (header.type()) {
                case DATA -> index.countMissing(first, end, groupsPerBlock, false);
                case ZEROS -> countCut(first) + countCut(end);
                case MARK, DAMAGED -> 0;
            };
            if (blocks > 0) {
                add((long) blocks * groupsPerBlock * PageIndex.GROUP_BYTES);
            }
        }

        /**
         * The block that a range of zeros begins or ends in, unless it does so at the block's own end. Where it does so at
         * a group's end, no page gets a word of its own by it.
         */
        private int countCut(long page) {
            return page % ((long) groupsPerBlock * PageIndex.GROUP_PAGES) == 0
                    ? 0
                    : index.countMissing(page, page + 1, groupsPerBlock, page % PageIndex.GROUP_PAGES == 0);
        }

        private void add(long more) throws IOException {
            long all = promised.addAndGet(more);
            if (all > allowed) {
                long most = usableBytes.getAsLong() - FLOOR_BYTES;
                if (all > most) {
                    promised.addAndGet(-more);
                    throw full(more, most - all + more);
                }
                allowed = Math.min(most, all + STEP_BYTES);
            }
            bytes.addAndGet(more);
        }

        /** Promises what all that is in the log needs, about. */
        void recount() {
            set(index.usedBlocks(groupsPerBlock) * groupsPerBlock * PageIndex.GROUP_BYTES);
        }

        /** Nothing is needed any more. */
        void end() {
            set(0);
        }

        private void set(long now) {
            promised.addAndGet(now - bytes.getAndSet(now));
        }
    }

    /**
     * The share of a log that needs nothing yet.
     *
     * @param index of the log
     * @param chunkSizeBytes what a fold writes for a page
     */
    Share share(PageIndex index, int chunkSizeBytes) {
        return new Share(index, chunkSizeBytes);
    }
}
