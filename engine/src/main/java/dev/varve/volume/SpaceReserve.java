package dev.varve.volume;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.io.IOException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/**
 * Room on the disk that writers of volumes do not take: what the folds of their logs will need, so that who writes is told
 * that the disk is full, and not the fold; what files will need that take room only as they are written; and a floor, so
 * that snapshots can be finished and things deleted. Before anybody is told that the disk is full, what is kept without need
 * goes. Used from any thread.
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
    private final AtomicLong allowed = new AtomicLong();

    /** Gives back what is kept without need. */
    private volatile Runnable reclaim = () -> {};

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

    /** Says what gives back what is kept without need; it is called with no gate held. */
    void onFull(Runnable step) {
        reclaim = step;
    }

    /**
     * Has given back what is kept without need when less than the floor is free: a fold may have no room.
     *
     * @return what was free for writers, beside what is promised
     */
    long keepFloor() {
        long usable = usableBytes.getAsLong();
        if (usable < FLOOR_BYTES) {
            reclaim.run();
        }
        return usable - FLOOR_BYTES - promised.get();
    }

    /**
     * Promises room for a file, and has given back for it what is kept without need.
     *
     * @param writtenBytes what it has on the disk already
     * @throws IOException when it would take what is promised, or the floor: nothing is promised
     */
    Room room(long sizeBytes, long writtenBytes) throws IOException {
        allowed.set(0); // the disk is asked
        try {
            promise(sizeBytes - writtenBytes);
        } catch (IOException e) {
            reclaim.run();
            promise(sizeBytes - writtenBytes);
        }
        return new Room(sizeBytes, writtenBytes);
    }

    /** Promises room for a file, whether or not there is any. */
    Room roomAnyway(long sizeBytes, long writtenBytes) {
        promised.addAndGet(sizeBytes - writtenBytes);
        return new Room(sizeBytes, writtenBytes);
    }

    private void promise(long more) throws IOException {
        long all = promised.addAndGet(more);
        if (all > allowed.get()) {
            long most = usableBytes.getAsLong() - FLOOR_BYTES;
            if (all > most) {
                promised.addAndGet(-more);
                throw full(more, most - all + more);
            }
            allowed.set(Math.min(most, all + STEP_BYTES));
        }
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

    /** What one file will need until it is written, from its start on. */
    final class Room {
        private final long sizeBytes;

        @GuardedBy("this")
        private long writtenBytes;

        @GuardedBy("this")
        private boolean ended;

        private Room(long sizeBytes, long writtenBytes) {
            this.sizeBytes = sizeBytes;
            this.writtenBytes = writtenBytes;
        }

        /** A part has been written, of which what is new is the disk's by now. */
        synchronized void written(long from, long to) {
            if (!ended && from <= writtenBytes && to > writtenBytes) {
                long taken = to - writtenBytes;
                writtenBytes = to;
                promised.addAndGet(-taken);
                allowed.addAndGet(-taken);
            }
        }

        /** Nothing more is written; answers how far it was. */
        synchronized long end() {
            if (!ended) {
                ended = true;
                promised.addAndGet(writtenBytes - sizeBytes);
            }
            return writtenBytes;
        }
    }

    /** A step that may find no room. */
    interface Step {
        /** Goes; what it answers is for the caller. */
        boolean run() throws IOException;
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
            promise(more);
            bytes.addAndGet(more);
        }

        /** Runs a step, and where it finds no room, once more when what needs none is given back; with no gate held. */
        boolean withRoom(Step step) throws IOException {
            try {
                return step.run();
            } catch (IOException e) {
                if (!isFull(e)) {
                    throw e;
                }
            }
            reclaim.run();
            recount();
            return step.run();
        }

        /** Promises what all that is in the log needs, about; what is promised meanwhile stays so. */
        synchronized void recount() {
            long before = bytes.get();
            change(index.usedBlocks(groupsPerBlock) * groupsPerBlock * PageIndex.GROUP_BYTES - before);
        }

        /** Nothing is needed any more. */
        synchronized void end() {
            change(-bytes.get());
        }

        private void change(long more) {
            promised.addAndGet(more);
            bytes.addAndGet(more);
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
