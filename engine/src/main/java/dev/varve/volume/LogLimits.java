package dev.varve.volume;

import java.io.IOException;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * How long logs may become: from half of the bound on a log is folded, and at the bound those who write wait for the fold.
 * Of the heap that indexes of all logs take, the largest is folded first.
 */
final class LogLimits {
    /** Heap for the indexes of all logs from which on the largest is folded; twice as much makes its writers wait. */
    static final long INDEX_BYTES = 256L << 20;

    /** What may have been appended before it is synced in the background. */
    static final long UNSYNCED_BYTES = 32L << 20;

    private static final long WAIT_MILLIS = 50;

    /** Of the bound on a log: what it grows by from one look at what of it was overwritten to the next. */
    private static final int GROWN_PART = 16;

    private static final long LEAST_GROWN_BYTES = SegmentSpace.SIZES_BYTES.get(0);

    private final long logBytes;
    private volatile long indexBytes;
    private volatile @Nullable String largest;
    private volatile long freeBytes = Long.MAX_VALUE;

    /** Folds volumes. */
    interface Folding {
        /** Has a volume folded soon. */
        void request(String volumeId);

        /** Why that did not succeed; null while nothing speaks against it. */
        @Nullable
        IOException failure(String volumeId);
    }

    LogLimits(long logBytes) {
        this.logBytes = logBytes;
    }

    /** Says what the indexes take in all, and whose is the largest. */
    void indexes(long bytes, @Nullable String volumeId) {
        indexBytes = bytes;
        largest = volumeId;
    }

    /** Says what is free on the disk. */
    void free(long bytes) {
        freeBytes = bytes;
    }

    /** Whether there is less room than a log may take. */
    boolean isRoomScarce() {
        return freeBytes < logBytes;
    }

    /** Whether a log is to be folded. */
    boolean isLong(VolumeLog log) {
        return hasManyBytes(log) || indexBytes >= INDEX_BYTES && log.volume().equals(largest);
    }

    /** Whether a log is to be made shorter if it can be, or folded. */
    boolean isToBeShortened(VolumeLog log) {
        return isLong(log) || hasGrown(log);
    }

    /** Whether a log has grown so much that it is worth to see what of it was overwritten. */
    boolean hasGrown(VolumeLog log) {
        return log.bytes() - log.trimmedBytes >= Math.max(logBytes / GROWN_PART, LEAST_GROWN_BYTES);
    }

    /** Whether a log is to be made shorter whatever the heap has to say. */
    boolean hasManyBytes(VolumeLog log) {
        return log.bytes() >= logBytes / 2 || log.segmentCount() >= SegmentTable.MANY_SLOTS;
    }

    /** Whether nothing is to be appended before it was folded. */
    boolean isFull(VolumeLog log) {
        return log.bytes() >= logBytes
                || log.segmentCount() >= 2 * SegmentTable.MANY_SLOTS
                || indexBytes >= 2 * INDEX_BYTES && log.volume().equals(largest);
    }

    /**
     * Waits until a log may be appended to.
     *
     * @param cancelled ends the wait
     * @throws IOException when it can't be folded
     * @throws IllegalStateException when it was cancelled
     */
    void await(VolumeLog log, Folding folding, BooleanSupplier cancelled) throws IOException {
        boolean interrupted = false;
        folding.request(log.volume());
        try {
            while (isFull(log) && log.isOpen()) {
                if (cancelled.getAsBoolean()) {
                    throw new IllegalStateException(log.volume() + " is closed");
                }
                IOException failure = folding.failure(log.volume());
                if (failure != null) {
                    throw new IOException(
                            log.volume() + ": its log is full and can't be folded: " + failure.getMessage(), failure);
                }
                synchronized (this) {
                    try {
                        wait(WAIT_MILLIS);
                    } catch (InterruptedException e) {
                        interrupted = true;
                    }
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** A log became shorter. */
    synchronized void released() {
        notifyAll();
    }
}
