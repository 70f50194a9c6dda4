package dev.varve.snapshot;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.concurrent.CancellationException;
import org.jspecify.annotations.Nullable;

/** What the workers of one operation know of each other: how far they are, in whose turn, and whether to stop. */
final class CopyControl {
    private static final ProgressListener NOBODY = (done, total) -> {};

    private final Object telling = new Object();
    private volatile ProgressListener listener = NOBODY;
    private volatile @Nullable Throwable stop;

    @GuardedBy("this")
    private long doneBytes;

    @GuardedBy("this")
    private long turn;

    @GuardedBy("telling")
    private long toldBytes;

    void listener(ProgressListener told) {
        listener = told;
    }

    void cancel() {
        stop(new CancellationException("cancelled"));
    }

    /** Makes all workers end; the first reason is the operation's. */
    @SuppressWarnings("ReferenceEquality") // a throwable is itself only, and may not suppress itself
    synchronized void stop(Throwable reason) {
        Throwable first = stop;
        if (first == null) {
            stop = reason;
        } else if (first != reason && !(first instanceof CancellationException)) {
            first.addSuppressed(reason);
        }
        notifyAll();
    }

    /** Why to end, or null. */
    @Nullable
    Throwable stopped() {
        return stop;
    }

    synchronized long doneBytes() {
        return doneBytes;
    }

    void advance(long bytes, long totalBytes) {
        synchronized (this) {
            doneBytes += bytes;
        }
        synchronized (telling) {
            long done = doneBytes();
            if (done > toldBytes) {
                toldBytes = done;
                listener.progress(done, totalBytes);
            }
        }
    }

    /**
     * Waits until all pieces before this one have had their turn. An interrupt does not end the wait, and is kept.
     *
     * @return false when the operation has stopped instead
     */
    synchronized boolean awaitTurn(long ticket) {
        boolean interrupted = false;
        while (turn != ticket && stop == null) {
            try {
                wait();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        return stop == null;
    }

    synchronized void endTurn() {
        turn++;
        notifyAll();
    }
}
