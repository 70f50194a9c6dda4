package dev.varve.volume;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.io.IOException;
import java.security.SecureRandom;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * New segments for one log, each with a nonce of its own. A segment is recorded before anybody has it; those that an
 * opening takes are recorded all at once, when it has succeeded.
 */
final class SegmentSupply {
    private static final Logger LOG = LoggerFactory.getLogger(SegmentSupply.class);
    private static final SecureRandom RANDOM = new SecureRandom();

    /** A log of which so much is written fast takes segments faster than one is recorded while the disk is busy. */
    private static final long LONG_LOG_BYTES = 4L * PageWord.MAX_SEGMENT_BYTES;

    private static final int MANY_READY = 4;

    private final LogHome home;
    private final SegmentTable table;

    /** Held by who makes one; before the monitor, which nobody holds for long. */
    private final ReentrantLock making = new ReentrantLock(true);

    @GuardedBy("this")
    private final ArrayDeque<LogSegment> ready = new ArrayDeque<>();

    /** Those that the opening has taken; null when it is over. */
    @GuardedBy("this")
    private @Nullable List<LogSegment> opening = new ArrayList<>();

    /** Whether one at a time is enough: the log is not written fast, or there is no room for more. */
    @GuardedBy("this")
    private boolean slow = true;

    @GuardedBy("this")
    private boolean closed;

    SegmentSupply(LogHome home, SegmentTable table) {
        this.home = home;
        this.table = table;
    }

    /** A segment to append to; null when none is ready. Waits for nobody. */
    synchronized @Nullable LogSegment poll() {
        return ready.poll();
    }

    /** Whether there are fewer ready than are good for the log. Waits for nobody. */
    synchronized boolean wants() {
        return ready.size() < (slow ? 1 : MANY_READY);
    }

    /**
     * Has one ready, and more for a log that is long and written fast, if there is room.
     *
     * @param logBytes length of the log, by which the segment's is chosen
     * @param zeroed whether it is to be written with zeros, so that a flush finds all its blocks allocated
     * @throws IOException when there is no room for one, or it could not be recorded
     */
    void prepareMany(long logBytes, boolean zeroed) throws IOException {
        prepare(logBytes, zeroed);
        boolean many = false;
        try {
            if (!zeroed && logBytes >= LONG_LOG_BYTES) {
                for (int count = 2; count <= MANY_READY; count++) {
                    prepare(count, logBytes, false);
                }
                many = true;
            }
        } catch (IOException e) {
            LOG.debug("one segment is ready, and there is no room for more", e);
        } finally {
            setSlow(!many);
        }
    }

    private synchronized void setSlow(boolean now) {
        slow = now;
    }

    /** Has one ready. */
    void prepare(long logBytes, boolean zeroed) throws IOException {
        prepare(1, logBytes, zeroed);
    }

    /** Makes one unless there are so many. */
    private void prepare(int count, long logBytes, boolean zeroed) throws IOException {
        making.lock(); // fairly: who waits for one goes before more are made
        try {
            boolean isOpening;
            synchronized (this) {
                if (ready.size() >= count) {
                    return;
                }
                requireOpen();
                isOpening = opening != null;
            }
            LogSegment segment = make(sizeBytes(logBytes), zeroed, isOpening);
            synchronized (this) {
                if (opening != null) {
                    opening.add(segment);
                }
                ready.add(segment);
                requireOpen();
            }
        } finally {
            making.unlock();
        }
    }

    @GuardedBy("this")
    private void requireOpen() {
        if (closed) {
            throw new IllegalStateException("the log is closed");
        }
    }

    private LogSegment make(int sizeBytes, boolean zeroed, boolean isOpening) throws IOException {
        SegmentSpace.Use often = zeroed ? SegmentSpace.Use.OFTEN_SYNCED : SegmentSpace.Use.RARELY_SYNCED;
        SegmentFile file = home.space().take(sizeBytes, isOpening ? SegmentSpace.Use.OPENING : often);
        byte[] nonce = new byte[LogSegment.NONCE_BYTES];
        RANDOM.nextBytes(nonce);
        LogSegment segment;
        boolean entered = false;
        try {
            segment = table.enter(file, nonce, isOpening);
            entered = true;
        } finally {
            if (!entered) {
                home.space().give(file);
            }
        }
        if (isOpening) {
            return segment;
        }
        boolean recorded = false;
        try {
            home.journal().add(SegmentEntry.of(segment));
            recorded = true;
            return segment;
        } finally {
            if (!recorded) {
                // the record may name it all the same: it is not used again before the store is next opened
                table.remove(segment);
                file.close();
            }
        }
    }

    /** A quarter of what there is, so that a small log takes little and a large one has few segments. */
    private static int sizeBytes(long logBytes) {
        for (int size : SegmentSpace.SIZES_BYTES) {
            if (logBytes < 4L * size) {
                return size;
            }
        }
        return PageWord.MAX_SEGMENT_BYTES;
    }

    /** Those that the opening has taken so far. */
    synchronized List<LogSegment> taken() {
        List<LogSegment> taken = opening;
        return taken == null ? List.of() : List.copyOf(taken);
    }

    /** Ends the opening: what is taken from now on is recorded at once. */
    synchronized void opened() {
        opening = null;
    }

    /** Gives a segment back that no record names. */
    void give(LogSegment segment) {
        table.remove(segment);
        home.space().give(segment.file);
    }

    /** Nothing can be taken any more. Waits for who is making one, so that the record names none that was never written to. */
    void close() {
        synchronized (this) {
            closed = true;
        }
        making.lock();
        try {
            List<LogSegment> unused;
            synchronized (this) {
                unused = opening == null
                        ? List.copyOf(ready)
                        : List.of(); // those of an opening that failed are given already
                ready.clear();
            }
            giveBack(unused);
        } finally {
            making.unlock();
        }
    }

    /** Has the record name them no more: whoever opens the log would look for records all over them. */
    private void giveBack(List<LogSegment> unused) {
        if (!unused.isEmpty()) {
            try {
                home.journal().remove(unused.stream().map(SegmentEntry::of).toList());
                unused.forEach(this::give);
            } catch (IOException | RuntimeException e) {
                LOG.debug("{} segments stay with their log", unused.size(), e);
            }
        }
    }
}
